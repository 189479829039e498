using System.Net;
using System.Text;
using Gateway.Sip;

namespace Gateway.Net.Tracing;

/// <summary>One SIP message as it passed a socket, its secrets masked by asterisks of the same length.</summary>
public sealed record TracedMessage
{
    /// <summary>Rises with every message of the gateway: the order, where two have one time.</summary>
    public required long Order { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>True when it left us.</summary>
    public required bool IsSent { get; init; }

    public required SipTransport Transport { get; init; }

    /// <summary>Our end; the unspecified address where it is not known.</summary>
    public required IPEndPoint Local { get; init; }

    public required IPEndPoint Remote { get; init; }

    public required string CallId { get; init; }

    public required ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>Its length on the wire; more than <see cref="Bytes"/> has when it was too long to keep whole.</summary>
    public required int Length { get; init; }

    /// <summary>The request line or status line.</summary>
    public string FirstLine
    {
        get
        {
            var end = Bytes.Span.IndexOf((byte)'\r');
            return Encoding.UTF8.GetString(end < 0 ? Bytes.Span : Bytes.Span[..end]);
        }
    }
}
