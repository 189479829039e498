using Gateway.Testing;

namespace Gateway.Sip.Tests.Parsing;

public sealed class SipParserTests
{
    private const string Invite = """
        INVITE sip:bob@biloxi.example.com;transport=tcp SIP/2.0
        Via: SIP/2.0/TCP client.atlanta.example.com:5060;branch=z9hG4bK74bf9, SIP/2.0/UDP [2001:db8::1];branch=z9hG4bKx
        Via: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK3
        Max-Forwards: 70
        f: "Alice \"A\" Smith" <sip:alice@atlanta.example.com;x=y>;tag=9fxced76sl
        t: <sip:bob@biloxi.example.com>;tag=314159
        i: 3848276298220188511@atlanta.example.com
        CSeq: 2 INVITE
        Contact: <sip:alice@client.atlanta.example.com;transport=tcp>;q=0.7, "a, b" <sip:b@c>
        k: 100rel, timer
        k: replaces
        X-Custom : kept  verbatim
        l: 3

        v=0
        """;

    [Fact]
    [Rfc(3261, "7.1")]
    public void A_request_is_indexed_whole()
    {
        var request = Sip.Request(Invite);

        Assert.Equal(SipMethod.Invite, request.Method);
        Assert.Equal("sip:bob@biloxi.example.com;transport=tcp", Sip.Text(request.UriBytes));
        Assert.True(request.TryGetUri(out var uri));
        Assert.Equal("bob", Sip.Text(uri.User));
        Assert.Equal("biloxi.example.com", Sip.Text(uri.Host));
        Assert.Equal("3848276298220188511@atlanta.example.com", Sip.Text(request.CallId));
        Assert.Equal(2u, request.CSeq);
        Assert.Equal(SipMethod.Invite, request.CSeqMethod);
        Assert.Equal("9fxced76sl", Sip.Text(request.FromTag));
        Assert.Equal("314159", Sip.Text(request.ToTag));
        Assert.Equal("Alice \\\"A\\\" Smith", Sip.Text(request.From.DisplayName));
        Assert.Equal("sip:alice@atlanta.example.com;x=y", Sip.Text(request.From.UriBytes));
        Assert.Equal("TCP", Sip.Text(request.TopVia.Transport));
        Assert.Equal("client.atlanta.example.com", Sip.Text(request.TopVia.Host));
        Assert.Equal(5060, request.TopVia.Port);
        Assert.Equal("z9hG4bK74bf9", Sip.Text(request.TopVia.Branch));
        Assert.True(request.TopVia.HasCookie);
        Assert.Equal("v=0", Sip.Text(request.Body)[..3]);
        Assert.True(request.TryGet("x-custom"u8, out var custom));
        Assert.Equal("kept  verbatim", Sip.Text(custom));
        Assert.True(request.ListHas(HeaderId.Supported, "REPLACES"u8));
        Assert.False(request.ListHas(HeaderId.Supported, "path"u8));
        Assert.True(request.TryGetNumber(HeaderId.MaxForwards, out var hops));
        Assert.Equal(70u, hops);
    }

    [Fact]
    [Rfc(3261, "7.3.1")]
    public void Comma_lists_and_repeated_fields_read_as_one_list()
    {
        var request = Sip.Request(Invite);
        var values = new List<string>();
        foreach (var via in request.Values(HeaderId.Via))
        {
            values.Add(Sip.Text(via));
        }
        Assert.Equal(
            [
                "SIP/2.0/TCP client.atlanta.example.com:5060;branch=z9hG4bK74bf9",
                "SIP/2.0/UDP [2001:db8::1];branch=z9hG4bKx",
                "SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK3",
            ],
            values);
        values.Clear();
        foreach (var contact in request.Values(HeaderId.Contact))
        {
            values.Add(Sip.Text(contact));
        }
        Assert.Equal(["<sip:alice@client.atlanta.example.com;transport=tcp>;q=0.7", "\"a, b\" <sip:b@c>"], values);
    }
}
