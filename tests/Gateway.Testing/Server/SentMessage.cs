using System.Text;
using Gateway.Sip;

namespace Gateway.Testing.Server;

/// <summary>One message that a core sent, as text and parsed.</summary>
public sealed class SentMessage
{
    public SentMessage(Flow flow, ReadOnlySpan<byte> bytes)
    {
        Flow = flow;
        Text = Encoding.UTF8.GetString(bytes);
        if (!new SipParser().TryParse(bytes, stream: false, out var message, out var error) && !IsRefusal
            // An answer copies what its request had, and that may just have fitted.
            && error.Kind is not (SipParseErrorKind.HeaderTooLong or SipParseErrorKind.TooLong))
        {
            throw new InvalidOperationException($"The core sent what is no SIP message ({error.Reason}):\n{Text}");
        }

        Message = message?.Retain()!;
    }

    /// <summary>The refusal of a message that could not be read says what could be read of it; it need not be whole itself.</summary>
    private bool IsRefusal => Text.StartsWith("SIP/2.0 400 ", StringComparison.Ordinal) || Text.StartsWith("SIP/2.0 5", StringComparison.Ordinal) || Text.StartsWith("SIP/2.0 414 ", StringComparison.Ordinal);

    public Flow Flow { get; }

    public string Text { get; }

    public SipMessage Message { get; }

    public SipRequest Request => (SipRequest)Message;

    public SipResponse Response => (SipResponse)Message;

    /// <summary>0 for a request.</summary>
    public int Status => (Message as SipResponse)?.StatusCode ?? (Message is null ? int.Parse(Text.AsSpan(8, 3), System.Globalization.CultureInfo.InvariantCulture) : 0);

    public string Reason => Encoding.UTF8.GetString(Response.ReasonPhrase);

    public string ToTag => Encoding.UTF8.GetString(Message.ToTag);

    /// <summary>The first value of a header; null when there is none.</summary>
    public string? Header(HeaderId id) => Message.TryGet(id, out var value) ? Encoding.UTF8.GetString(value) : null;

    /// <summary>All values of a header, comma lists split.</summary>
    public IReadOnlyList<string> Headers(HeaderId id)
    {
        var values = new List<string>();
        foreach (var value in Message.Values(id))
        {
            values.Add(Encoding.UTF8.GetString(value));
        }

        return values;
    }

    /// <summary>All fields of a name, unsplit: challenges hold commas.</summary>
    public IReadOnlyList<string> Fields(HeaderId id)
    {
        var values = new List<string>();
        foreach (var field in Message.Fields)
        {
            if (field.Id == id)
            {
                values.Add(Encoding.UTF8.GetString(field.Value));
            }
        }

        return values;
    }

    public override string ToString() => Text;
}
