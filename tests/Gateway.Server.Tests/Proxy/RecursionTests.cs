using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Proxy;

/// <summary>A 3xx inside the proxy: followed to users of ours, else the caller's (RFC 3261 §16.7 step 4).</summary>
public sealed class RecursionTests
{
    private readonly ProxyRig _rig = new();

    [Fact]
    [Row(22)]
    [Rfc(3261, "16.7")]
    public void A_302_to_a_user_of_ours_is_followed_and_the_caller_hears_nothing_of_it()
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var eve = _rig.Phone("eve", "198.51.100.3:5060");
        var call = ada.Call("bob");
        var invite = bob.Take("INVITE");
        bob.Respond(invite, 302, "b", "Contact: <sip:eve@gw.example>\n");
        bob.Take("ACK");

        var forwarded = eve.Take("INVITE");
        Assert.Equal("sip:eve@198.51.100.3:5060", System.Text.Encoding.ASCII.GetString(forwarded.Request.UriBytes));
        eve.Respond(forwarded, 200, "e", body: ProxyDialog.Sdp("198.51.100.3"));
        call.Confirm(ada.Take(200));
        eve.Take("ACK");
        call.Send("BYE");
        eve.Respond(eve.Take("BYE"), 200);
        ada.Take(200);
        _rig.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData("sip:bob@elsewhere.example")]
    [InlineData("sip:bob@gw.example")]
    [Row(22)]
    [Threat(29)]
    [Threat(31)]
    [Rfc(3261, "16.5")]
    public void A_302_elsewhere_or_back_to_himself_is_the_callers_to_follow(string contact)
    {
        var ada = _rig.Phone("ada", "198.51.100.1:5060");
        var bob = _rig.Phone("bob", "198.51.100.2:5060");
        var call = ada.Call("bob");
        bob.Respond(bob.Take("INVITE"), 302, "b", $"Contact: <{contact}>\n");
        bob.Take("ACK");

        var answer = ada.Take(302);
        Assert.Contains($"<{contact}>", answer.Headers(HeaderId.Contact));
        call.AckRefusal(answer);
        Assert.Empty(bob.Inbox);
        _rig.AssertNothingIsLeft();
    }
}
