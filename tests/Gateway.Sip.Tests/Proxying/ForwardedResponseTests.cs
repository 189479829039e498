using Gateway.Testing;

namespace Gateway.Sip.Tests.Proxying;

/// <summary>A response loses our Via and nothing else (RFC 3261 §16.7 step 3), however the Vias are written.</summary>
public sealed class ForwardedResponseTests
{
    private const string Ok = """
        SIP/2.0 200  All  Fine
        {0}
        from: <sip:a@example.com>;tag=1
        t: <sip:b@example.com>;tag=2
        i: c
        CSeq: 1 INVITE
        Subject: folded
         here
        X-Thing :x
        Content-Type: text/plain
        Content-Length: 4

        abcd
        """;

    [Theory]
    [InlineData("Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKours\nVia: SIP/2.0/UDP next;branch=z9hG4bKnext", "Via: SIP/2.0/UDP next;branch=z9hG4bKnext\n")]
    [InlineData("v: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKours , SIP/2.0/UDP next;branch=z9hG4bKnext,SIP/2.0/UDP c;branch=z9hG4bKc", "v: SIP/2.0/UDP next;branch=z9hG4bKnext,SIP/2.0/UDP c;branch=z9hG4bKc\n")]
    [InlineData("Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKours;x=\"a,b\",\n  SIP/2.0/UDP next;branch=z9hG4bKnext", "Via: SIP/2.0/UDP next;branch=z9hG4bKnext\n")]
    [InlineData("Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKours", "")]
    [Row(42)]
    [Rfc(3261, "16.7")]
    public void Only_the_top_Via_goes_byte_diff(string vias, string left)
    {
        var response = Sip.Response(Ok.Replace("{0}", vias, StringComparison.Ordinal));

        Assert.Equal(Ok.Replace("{0}\n", left, StringComparison.Ordinal).ReplaceLineEndings("\r\n"), Proxied.Text(response));
    }

    [Fact]
    [Rfc(3261, "16.11")]
    public void The_next_Via_says_where_it_goes()
    {
        var response = Sip.Response(Ok.Replace("{0}", "Via: SIP/2.0/UDP a;branch=z9hG4bKa, SIP/2.0/TCP b:5070;branch=z9hG4bKb", StringComparison.Ordinal));

        Assert.True(ForwardedMessage.TryGetNextVia(response, out var via));
        Assert.Equal(5070, via.Port);
        Assert.False(ForwardedMessage.TryGetNextVia(Sip.Response(Ok.Replace("{0}", "Via: SIP/2.0/UDP a;branch=z9hG4bKa", StringComparison.Ordinal)), out _));
    }

    [Fact]
    [Rfc(3325, "7")]
    public void Identity_is_stripped_from_an_answer_and_headers_may_be_added()
    {
        var response = Sip.Response(Ok.Replace("{0}", "Via: SIP/2.0/UDP a;branch=z9hG4bKa\nP-Asserted-Identity : <sip:ceo@example.com>", StringComparison.Ordinal));

        var text = Proxied.Text(response, new ResponseEdits { Remove = HeaderStrip.ToUntrusted, Add = [new AddedHeader("Warning", "399 gw \"x\"")] });

        Assert.DoesNotContain("ceo", text, StringComparison.Ordinal);
        Assert.Contains("\r\nWarning: 399 gw \"x\"\r\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Via: SIP/2.0/UDP ours;branch=z9hG4bKa;oc=50;oc-algo=\"loss\"\nVia: SIP/2.0/UDP next;branch=z9hG4bKb;oc;oc-algo=\"loss\";x=1", "Via: SIP/2.0/UDP next;branch=z9hG4bKb;x=1;oc=7;oc-algo=\"loss\";oc-validity=500;oc-seq=12.345\r\n")]
    [InlineData("Via: SIP/2.0/UDP ours;branch=z9hG4bKa, SIP/2.0/UDP next;branch=z9hG4bKb;oc;oc-algo=\"loss\", SIP/2.0/UDP c", "Via: SIP/2.0/UDP next;branch=z9hG4bKb;oc=7;oc-algo=\"loss\";oc-validity=500;oc-seq=12.345, SIP/2.0/UDP c\r\n")]
    [InlineData("Via: SIP/2.0/UDP ours;branch=z9hG4bKa\nVia: SIP/2.0/UDP next;branch=z9hG4bKb;oc", "Via: SIP/2.0/UDP next;branch=z9hG4bKb;oc\r\n")]
    [Rfc(7339, "5.6")]
    public void What_a_server_behind_says_of_its_load_stays_here_and_our_neighbour_hears_of_ours(string vias, string left)
    {
        var writer = new SipWriter { Feedback = new OverloadFeedback(7, 500, 12_345) };

        ForwardedMessage.Write(writer, Sip.Response(Ok.Replace("{0}", vias, StringComparison.Ordinal)));

        var text = Sip.Text(writer.Written);
        Assert.Contains("\r\n" + left, text, StringComparison.Ordinal);
        Assert.DoesNotContain("oc=50", text, StringComparison.Ordinal);
    }
}
