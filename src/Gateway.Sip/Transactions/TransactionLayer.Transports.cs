using System.Text;

namespace Gateway.Sip;

/// <summary>
/// What transactions know of transports: a request too large for a datagram leaves by TCP when the peer has it, and by UDP
/// after all when it has not (RFC 3261 §18.1.1); a datagram that could not be delivered fails its request (§18.4).
/// </summary>
public sealed partial class TransactionLayer
{
    /// <summary>
    /// An ICMP error came for a datagram of ours: the unanswered requests to that address whose beginning it quotes fail at
    /// once. A quotation that is none of theirs, such as one of an answer, changes nothing.
    /// </summary>
    /// <param name="quoted">The beginning of the datagram as far as the error held it; empty when it held none of it.</param>
    public void Unreachable(in Flow flow, ReadOnlySpan<byte> quoted, TimeSpan now)
    {
        List<ClientTransaction>? broken = null;
        foreach (var transaction in _clients)
        {
            // A peer that has answered is there, whatever somebody says of it.
            var isOpen = transaction.State is TxState.Calling or TxState.Trying || (transaction.State == TxState.Proceeding && transaction.Method != SipMethod.Invite);
            if (isOpen && FlowRules.IsSame(transaction.Flow, flow) && transaction.Request.Span.StartsWith(quoted))
            {
                (broken ??= []).Add(transaction);
            }
        }

        Fail(broken, now);
    }

    /// <summary>
    /// A router had no way for a datagram of this size: the unanswered requests to that address that it quotes, and that are too
    /// large by what is known of the path now, begin anew by TCP.
    /// </summary>
    public void TooLarge(in Flow flow, ReadOnlySpan<byte> quoted, TimeSpan now)
    {
        var largest = _transport.LargestDatagram(flow);
        List<ClientTransaction>? lost = null;
        foreach (var transaction in _clients)
        {
            if (transaction is { State: TxState.Calling or TxState.Trying, Datagram: null } && FlowRules.IsSame(transaction.Flow, flow)
                && transaction.Request.Length > largest && transaction.Request.Span.StartsWith(quoted))
            {
                (lost ??= []).Add(transaction);
            }
        }

        foreach (var transaction in lost ?? [])
        {
            if (TryFindVia(transaction.Request.Span, out var via) && _transport.TryReliable(flow, out var reliable))
            {
                transaction.TakeReliable(Rewrite(transaction.Request.Span, via, _transport.SentBy(reliable)), reliable);
                Restart(transaction, now);
            }
        }
    }

    /// <summary>A request for a UDP flow as it leaves: by TCP, its Via saying so, when it is too large.</summary>
    private ClientTransaction Make(SipMethod method, string branch, ReadOnlySpan<byte> request, in Flow flow, object? user, bool isCongestionSafe)
    {
        if (flow.Transport == SipTransport.Udp
            && request.Length > _transport.LargestDatagram(flow)
            && TryFindVia(request, out var via)
            && _transport.TryReliable(flow, out var reliable))
        {
            var large = Rewrite(request, via, _transport.SentBy(reliable));
            return new ClientTransaction(this, method, branch, large, reliable) { User = user, Datagram = isCongestionSafe ? null : (request.ToArray(), flow) };
        }

        return new ClientTransaction(this, method, branch, request, flow) { User = user };
    }

    /// <summary>TCP is not to be had: the request begins anew over UDP. False when there was no such choice, or the peer has answered.</summary>
    private bool FallBack(ClientTransaction transaction, TxInput input, TimeSpan now)
    {
        if (input != TxInput.TransportError || transaction.Datagram is null || transaction.State is not (TxState.Calling or TxState.Trying))
        {
            return false;
        }

        transaction.TakeDatagram();
        Restart(transaction, now);
        return true;
    }

    private void Restart(ClientTransaction transaction, TimeSpan now)
    {
        _wheel.Cancel(transaction.RetransmitTimer);
        _wheel.Cancel(transaction.TimeoutTimer);
        transaction.State = TxState.Initial;
        Step(transaction, TxInput.Start, now);
    }

    /// <summary>Where the text between "Via: " and its parameters stands in a request of ours.</summary>
    private static bool TryFindVia(ReadOnlySpan<byte> request, out Range via)
    {
        var field = "\r\nVia: SIP/2.0/UDP "u8;
        var start = request.IndexOf(field);
        var length = start < 0 ? -1 : request[(start + field.Length)..].IndexOfAny((byte)';', (byte)'\r');
        via = length < 0 ? default : (start + "\r\nVia: "u8.Length)..(start + field.Length + length);
        return length > 0;
    }

    private static byte[] Rewrite(ReadOnlySpan<byte> request, Range via, string sentBy) =>
        [.. request[..via.Start], .. "SIP/2.0/TCP "u8, .. Encoding.ASCII.GetBytes(sentBy), .. request[via.End..]];
}
