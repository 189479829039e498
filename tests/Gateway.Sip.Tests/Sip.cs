using System.Text;

namespace Gateway.Sip.Tests;

/// <summary>Messages written as readable text, and their parsing, for the tests of this project.</summary>
internal static class Sip
{
    public static SipParser Parser { get; } = new();

    /// <summary>Text with LF line ends to bytes with CRLF.</summary>
    public static byte[] Wire(string text) => Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\r\n"));

    /// <summary>A request that must parse, retained.</summary>
    public static SipRequest Request(string text) => Assert.IsType<SipRequest>(Message(text));

    /// <summary>A response that must parse, retained.</summary>
    public static SipResponse Response(string text) => Assert.IsType<SipResponse>(Message(text));

    public static SipMessage Message(string text)
    {
        Assert.True(Parser.TryParse(Wire(text), stream: false, out var message, out var error), error.ToString());
        var kept = message!.Retain();
        message.Return();
        return kept;
    }

    /// <summary>The error of a message that must not parse.</summary>
    public static SipParseError Error(string text) => Error(Wire(text), out _);

    public static SipParseError Error(byte[] bytes, out SipMessage? answerable, bool stream = false)
    {
        Assert.False(Parser.TryParse(bytes, stream, out var message, out var error));
        answerable = message?.Retain();
        message?.Return();
        Assert.NotEqual(SipParseErrorKind.None, error.Kind);
        Assert.InRange(error.Offset, 0, bytes.Length);
        return error;
    }

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    /// <summary>A plain INVITE with one more header block, for tests that are about that block.</summary>
    public static string InviteWith(string headers, string body = "") => $"""
        INVITE sip:bob@biloxi.example.com SIP/2.0
        Via: SIP/2.0/UDP pc33.atlanta.example.com;branch=z9hG4bK74bf9
        Max-Forwards: 70
        From: Alice <sip:alice@atlanta.example.com>;tag=9fxced76sl
        To: Bob <sip:bob@biloxi.example.com>
        Call-ID: 3848276298220188511@atlanta.example.com
        CSeq: 1 INVITE
        {headers}

        {body}
        """.Replace("\n\n\n", "\n\n", StringComparison.Ordinal);
}
