using System.Text;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Messages;

public sealed class HeaderNamesTests
{
    [Fact]
    [Rfc(3261, "7.3.1")]
    public void Every_id_is_found_by_its_name_in_any_case()
    {
        foreach (var id in Enum.GetValues<HeaderId>().Where(id => id != HeaderId.Other))
        {
            var name = HeaderNames.TextOf(id);
            Assert.Equal(id, HeaderNames.Parse(Encoding.ASCII.GetBytes(name)));
            Assert.Equal(id, HeaderNames.Parse(Encoding.ASCII.GetBytes(name.ToUpperInvariant())));
            Assert.Equal(id, HeaderNames.Parse(Encoding.ASCII.GetBytes(name.ToLowerInvariant())));
            Assert.Equal(HeaderId.Other, HeaderNames.Parse(Encoding.ASCII.GetBytes(name + "s")));
            Assert.Equal(HeaderId.Other, HeaderNames.Parse(Encoding.ASCII.GetBytes("X" + name)));
        }
    }

    /// <summary>Names whose spelling is not the id with hyphens, written by hand from their RFCs.</summary>
    [Theory]
    [InlineData("Call-ID", HeaderId.CallId)]
    [InlineData("CSeq", HeaderId.CSeq)]
    [InlineData("WWW-Authenticate", HeaderId.WwwAuthenticate)]
    [InlineData("MIME-Version", HeaderId.MimeVersion)]
    [InlineData("Min-SE", HeaderId.MinSE)]
    [InlineData("Min-Expires", HeaderId.MinExpires)]
    [InlineData("P-Asserted-Identity", HeaderId.PAssertedIdentity)]
    [InlineData("P-Preferred-Identity", HeaderId.PPreferredIdentity)]
    [InlineData("P-Access-Network-Info", HeaderId.PAccessNetworkInfo)]
    [InlineData("P-Early-Media", HeaderId.PEarlyMedia)]
    [InlineData("Remote-Party-ID", HeaderId.RemotePartyId)]
    [InlineData("SIP-ETag", HeaderId.SipETag)]
    [InlineData("SIP-If-Match", HeaderId.SipIfMatch)]
    [InlineData("RAck", HeaderId.RAck)]
    [InlineData("RSeq", HeaderId.RSeq)]
    [InlineData("Refer-To", HeaderId.ReferTo)]
    [InlineData("Refer-Sub", HeaderId.ReferSub)]
    [InlineData("Recv-Info", HeaderId.RecvInfo)]
    [InlineData("Info-Package", HeaderId.InfoPackage)]
    [InlineData("Flow-Timer", HeaderId.FlowTimer)]
    [InlineData("Max-Breadth", HeaderId.MaxBreadth)]
    [InlineData("Target-Dialog", HeaderId.TargetDialog)]
    [InlineData("History-Info", HeaderId.HistoryInfo)]
    [InlineData("Proxy-Authorization", HeaderId.ProxyAuthorization)]
    [InlineData("In-Reply-To", HeaderId.InReplyTo)]
    public void Spellings(string name, HeaderId id) => Assert.Equal(name, HeaderNames.TextOf(id));

    /// <summary>The compact forms of RFC 3261 §20, 3515, 3841, 3892, 4028, 4474 and 6665.</summary>
    [Theory]
    [InlineData('a', HeaderId.AcceptContact)]
    [InlineData('j', HeaderId.RejectContact)]
    [InlineData('b', HeaderId.ReferredBy)]
    [InlineData('c', HeaderId.ContentType)]
    [InlineData('d', HeaderId.RequestDisposition)]
    [InlineData('e', HeaderId.ContentEncoding)]
    [InlineData('f', HeaderId.From)]
    [InlineData('i', HeaderId.CallId)]
    [InlineData('k', HeaderId.Supported)]
    [InlineData('l', HeaderId.ContentLength)]
    [InlineData('m', HeaderId.Contact)]
    [InlineData('o', HeaderId.Event)]
    [InlineData('r', HeaderId.ReferTo)]
    [InlineData('s', HeaderId.Subject)]
    [InlineData('t', HeaderId.To)]
    [InlineData('u', HeaderId.AllowEvents)]
    [InlineData('v', HeaderId.Via)]
    [InlineData('x', HeaderId.SessionExpires)]
    [InlineData('y', HeaderId.Identity)]
    [InlineData('z', HeaderId.Other)]
    [InlineData('q', HeaderId.Other)]
    [Rfc(3261, "7.3.3")]
    public void Compact_forms(char letter, HeaderId id)
    {
        Assert.Equal(id, HeaderNames.Parse([(byte)letter]));
        Assert.Equal(id, HeaderNames.Parse([(byte)char.ToUpperInvariant(letter)]));
    }

    [Fact]
    [Rfc(3261, "7.1")]
    public void Methods_are_read_by_their_exact_token()
    {
        foreach (var method in Enum.GetValues<SipMethod>().Where(method => method != SipMethod.Other))
        {
            var token = Encoding.ASCII.GetString(SipMethods.Token(method));
            Assert.Equal(method.ToString().ToUpperInvariant(), token);
            Assert.Equal(method, SipMethods.Parse(Encoding.ASCII.GetBytes(token)));
            Assert.Equal(SipMethod.Other, SipMethods.Parse(Encoding.ASCII.GetBytes(token.ToLowerInvariant())));
            Assert.Equal(SipMethod.Other, SipMethods.Parse(Encoding.ASCII.GetBytes(token + "X")));
        }
        Assert.Equal(SipMethod.Other, SipMethods.Parse(default));
    }

    /// <summary>The examples of §7.3.1: rows for the same route set, and order that matters.</summary>
    [Theory]
    [InlineData("Route: <sip:alice@atlanta.com>\nSubject: Lunch\nRoute: <sip:bob@biloxi.com>\nRoute: <sip:carol@chicago.com>")]
    [InlineData("Route: <sip:alice@atlanta.com>, <sip:bob@biloxi.com>\nRoute: <sip:carol@chicago.com>\nSubject: Lunch")]
    [InlineData("Subject: Lunch\nRoute: <sip:alice@atlanta.com>, <sip:bob@biloxi.com>,\n       <sip:carol@chicago.com>")]
    [Rfc(3261, "7.3.1")]
    public void Several_values_in_one_line_or_in_several(string headers)
    {
        var request = Sip.Request(Sip.InviteWith(headers));
        var routes = new List<string>();
        foreach (var route in request.Values(HeaderId.Route))
        {
            routes.Add(Sip.Text(route));
        }

        Assert.Equal(["<sip:alice@atlanta.com>", "<sip:bob@biloxi.com>", "<sip:carol@chicago.com>"], routes);
        Assert.True(request.TryGet(HeaderId.Subject, out var subject));
        Assert.Equal("Lunch", Sip.Text(subject));
    }

    /// <summary>§7.3.1: the forms of one header that are the same.</summary>
    [Theory]
    [InlineData("Subject:            lunch")]
    [InlineData("Subject      :      lunch")]
    [InlineData("Subject            :lunch")]
    [InlineData("Subject: lunch")]
    [InlineData("sUbJeCt:\n lunch")]
    [InlineData("s: lunch   ")]
    [Rfc(3261, "7.3.1")]
    public void White_space_and_case_around_a_name_do_not_matter(string header)
    {
        Assert.True(Sip.Request(Sip.InviteWith(header)).TryGet(HeaderId.Subject, out var subject));
        Assert.Equal("lunch", Sip.Text(subject));
    }

    [Fact]
    public void Headers_that_are_no_lists_are_not_split()
    {
        var request = Sip.Request(Sip.InviteWith("WWW-Authenticate: Digest realm=\"a\", nonce=\"b\"\nWWW-Authenticate: Digest realm=\"c\", nonce=\"d\"\nDate: Sat, 13 Nov 2010 23:29:00 GMT"));
        var challenges = new List<string>();
        foreach (var challenge in request.Values(HeaderId.WwwAuthenticate))
        {
            challenges.Add(Sip.Text(challenge));
        }

        Assert.Equal(["Digest realm=\"a\", nonce=\"b\"", "Digest realm=\"c\", nonce=\"d\""], challenges);
    }
}
