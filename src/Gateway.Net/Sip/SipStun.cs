using System.Net;
using Gateway.Media;
using Gateway.Media.Stun;
using Gateway.Net.Media;
using Gateway.Sip;

namespace Gateway.Net.Sip;

/// <summary>
/// STUN on the UDP ports of SIP (RFC 5626 §8): answers the Binding requests by which a phone keeps its flow open and learns
/// whether its mapping has changed, and hands answers to our own to whoever waits. Thread-safe.
/// </summary>
/// <remarks>
/// Answers carry the address and nothing more, so that the port is of no use as a reflector (docs/transports.md); a host that
/// asks more often than many phones behind one NAT would is not answered.
/// </remarks>
internal sealed class SipStun(SipTransports transports, LoopClock clock, NetMetrics metrics)
{
    /// <summary>Two thousand phones behind one NAT ask about eighty times a second.</summary>
    internal const int PerSecond = 200;

    internal const int Burst = 400;

    private readonly Lock _gate = new();
    private readonly SourceLimiter _limiter = new(Burst, PerSecond);

    /// <summary>Hears the address that a peer saw us under, or null for its refusal; the id is that of the request.</summary>
    public Action<Flow, Int128, IPEndPoint?> Answered { get; set; } = static (_, _, _) => { };

    /// <summary>The first byte tells: SIP begins with a letter or a line end, STUN with two zero bits (RFC 5626 §8).</summary>
    public static bool IsStun(ReadOnlySpan<byte> datagram) => StunMessage.IsStun(datagram);

    /// <summary>The id of a STUN transaction as a number.</summary>
    public static Int128 IdOf(ReadOnlySpan<byte> transactionId)
    {
        Span<byte> whole = stackalloc byte[16];
        whole.Clear();
        transactionId.CopyTo(whole[4..]);
        return System.Buffers.Binary.BinaryPrimitives.ReadInt128BigEndian(whole);
    }

    public void Take(ReadOnlySpan<byte> datagram, in Flow flow)
    {
        if (StunMessage.TryParse(datagram, out var message) is var error && error != StunError.None)
        {
            metrics.Stun("bad");
            return;
        }

        switch (message.Class)
        {
            case StunClass.Request when message.Method == StunMethod.Binding:
                Answer(message, flow);
                break;
            case StunClass.Success when message.Method == StunMethod.Binding:
                metrics.Stun("answer");
                Answered(flow, IdOf(message.TransactionId), message.TryGetXorMappedAddress(out var mapped) ? mapped.ToIPEndPoint() : null);
                break;
            case StunClass.Error when message.Method == StunMethod.Binding:
                metrics.Stun("answer");
                Answered(flow, IdOf(message.TransactionId), null);
                break;
            default:
                // Indications ask for nothing; other methods are no keep-alives.
                metrics.Stun("ignored");
                break;
        }
    }

    private void Answer(in StunMessage request, in Flow flow)
    {
        var source = MediaAddress.From(flow.Remote);
        lock (_gate)
        {
            var now = clock.Now;
            if (!_limiter.Allows(source, now))
            {
                metrics.Stun("flood");
                return;
            }

            _limiter.Charge(source, now);
        }

        Span<byte> buffer = stackalloc byte[160];
        if (request.UnknownCount > 0)
        {
            metrics.Stun("refused");
            transports.SendRaw(flow, buffer[..StunResponses.WriteError(buffer, request, 420, null)]);
            return;
        }

        metrics.Stun("request");
        var writer = new StunWriter(buffer, StunClass.Success, StunMethod.Binding, request.TransactionId);
        writer.AddXorMappedAddress(source);
        if (request.HasFingerprint)
        {
            // §8 asks for none: the port tells the protocols apart by their first byte.
            writer.AddFingerprint();
        }

        transports.SendRaw(flow, buffer[..writer.Length]);
    }
}
