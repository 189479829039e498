using System.Text;
using Gateway.Sip;

namespace Gateway.Fuzz.Targets;

/// <summary>
/// The message parser: nothing throws, every slice lies in the buffer, an accepted message reads the same after it was
/// written, and what is refused with an answer gives one that parses, as far as it could be read.
/// </summary>
internal sealed class MessageTarget : IFuzzTarget
{
    private readonly SipParser _parser = new(8);
    private readonly SipWriter _writer = new();

    public string Name => "message";

    public IReadOnlyList<string> MustReach => ["accepted", "answered", "dropped"];

    public string Run(Random random)
    {
        var bytes = Mutator.Damage(random, random.Pick(Corpus.Messages), Corpus.Messages);
        var ok = _parser.TryParse(bytes, stream: random.Next(4) == 0, out var message, out var error);
        if (message is null)
        {
            FuzzException.Unless(!ok && error.Offset >= 0 && error.Offset <= bytes.Length && error.Label.Length > 0, "a refusal says where and why");
            return "dropped";
        }

        try
        {
            Visit(message);
            if (ok)
            {
                FuzzException.Unless(error == default, "what is accepted has no error");
                RoundTrip(message);
                return "accepted";
            }

            Answer((SipRequest)message, error);
            return "answered";
        }
        finally
        {
            message.Return();
        }
    }

    internal static void Visit(SipMessage message)
    {
        _ = message.FromTag.Length + message.ToTag.Length + message.CSeqMethodToken.Length + message.TopVia.Branch.Length + message.TopVia.Host.Length
            + message.Body.Length + message.From.DisplayName.Length + message.To.Parameters.Length;
        foreach (var field in message.Fields)
        {
            FuzzException.Unless(!field.Value.ContainsAny("\r\n"u8) && field.Name.Length > 0, "a field is one line with a name");
        }

        foreach (var id in (HeaderId[])[HeaderId.Via, HeaderId.Contact, HeaderId.Route, HeaderId.Supported, HeaderId.Warning])
        {
            foreach (var value in message.Values(id))
            {
                FuzzException.Unless(!value.IsEmpty, "no value of a list is empty");
            }
        }

        message.TryGetNumber(HeaderId.Expires, out _);
        message.ListHas(HeaderId.Require, "100rel"u8);
        if (message is SipRequest request)
        {
            request.TryGetUri(out _);
        }

        FuzzException.Unless(message.Retain().Bytes.SequenceEqual(message.Bytes), "a retained message is the message");
    }

    private void RoundTrip(SipMessage message)
    {
        if (message is SipRequest request)
        {
            _writer.Request(request.MethodToken, request.UriBytes);
        }
        else
        {
            _writer.Response(((SipResponse)message).StatusCode, "x");
        }

        foreach (var field in message.Fields)
        {
            if (field.Id != HeaderId.ContentLength)
            {
                _writer.Copy(field);
            }
        }

        _writer.BodyOnly(message.Body);
        if (_writer.Written.Length > SipLimits.Message || _writer.Written.IndexOf("\r\n\r\n"u8) + 4 > SipLimits.HeaderSection)
        {
            return;
        }

        var read = _parser.TryParse(_writer.Written, stream: true, out var again, out var error);
        FuzzException.Unless(read, $"what was written parses: {error}\n{Encoding.UTF8.GetString(_writer.Written)}");
        FuzzException.Unless(
            message.CallId.SequenceEqual(again!.CallId) && message.From.Raw.SequenceEqual(again.From.Raw) && message.CSeq == again.CSeq
            && message.Body.SequenceEqual(again.Body) && message.TopVia.Raw.SequenceEqual(again.TopVia.Raw),
            "what was written reads the same");
        again!.Return();
    }

    private void Answer(SipRequest request, in SipParseError error)
    {
        FuzzException.Unless(request.Method != SipMethod.Ack, "an ACK has no answer");
        SipResponses.Begin(_writer, request, default, error.StatusCode, error.Reason, "t");
        _writer.NoBody();
        var cookieAlone = request.TopVia.HasCookie && request.TopVia.Branch.Length == 7;
        var isWhole = !request.CallId.IsEmpty && !request.CSeqMethodToken.IsEmpty && !request.From.Raw.IsEmpty && !request.To.Raw.IsEmpty;
        if (cookieAlone || !isWhole)
        {
            return;
        }

        // A CSeq out of range stands in its 400 as it came: that is the number the sender knows (RFC 4475 §3.1.2.4).
        var read = _parser.TryParse(_writer.Written, stream: true, out var answer, out var problem);
        FuzzException.Unless(read || problem.Kind == SipParseErrorKind.CSeq, $"an answer parses: {problem}\n{Encoding.UTF8.GetString(_writer.Written)}");
        answer?.Return();
    }
}
