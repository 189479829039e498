using System.Text;
using Gateway.Testing;

namespace Gateway.Server.Tests.Proxy;

/// <summary>A phone whose Contact is its GRUU is found in its dialogs, too (RFC 5627 §6.1).</summary>
public sealed class GruuProxyTests
{
    [Fact, Row(59), Row(49), Rfc(5627, "6.1")]
    public void A_request_inside_a_dialog_to_the_GRUU_of_a_phone_goes_to_its_contact()
    {
        var rig = new ProxyRig();
        var ada = rig.Phone("ada", "198.51.100.1:5060");
        var bob = rig.Phone("bob", "198.51.100.2:5060", parameters: ";+sip.instance=\"<urn:uuid:b>\"");
        var call = ada.Call("bob");
        bob.Respond(bob.Take("INVITE"), 200, "b");
        call.Confirm(ada.Take(200));
        bob.Take("ACK");

        call.Target = "sip:bob@gw.example;gr=urn:uuid:b";
        call.Send("BYE");
        var bye = bob.Take("BYE");

        Assert.Equal(bob.ContactUri, Encoding.ASCII.GetString(bye.Request.UriBytes));
        bob.Respond(bye, 200);
        ada.Take(200);
        rig.AssertNothingIsLeft();
    }
}
