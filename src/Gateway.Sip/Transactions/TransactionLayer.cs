using System.Security.Cryptography;

namespace Gateway.Sip;

/// <summary>Matches messages to transactions and runs what the four tables say (RFC 3261 §17, RFC 6026).</summary>
public sealed class TransactionLayer
{
    /// <param name="loop">Written into every branch and tag that this layer mints, so that answers find their loop.</param>
    public TransactionLayer(SipTimers timers, ISipTransport transport, ITransactionUser user, TimerWheel wheel, RandomNumberGenerator random, int loop = 0)
        => throw new NotImplementedException();

    public int ClientCount => throw new NotImplementedException();

    public int ServerCount => throw new NotImplementedException();

    /// <summary>One parsed message from the transports. The lease stays the caller's.</summary>
    public void Receive(SipMessage message, in Flow flow, TimeSpan now) => throw new NotImplementedException();

    /// <summary>The flow broke (socket closed, ICMP unreachable): its transactions fail at once (§17.1.4).</summary>
    public void FlowFailed(in Flow flow, TimeSpan now) => throw new NotImplementedException();

    /// <summary>A fresh branch, cookie included; carries the loop's id and at least 64 random bits.</summary>
    public string NewBranch() => throw new NotImplementedException();

    /// <summary>A fresh tag; carries the loop's id and at least 64 random bits.</summary>
    public string NewTag() => throw new NotImplementedException();

    /// <summary>The loop id inside a branch or tag of ours; -1 when it is not ours.</summary>
    public static int LoopOf(ReadOnlySpan<byte> branchOrTag) => throw new NotImplementedException();

    /// <summary>Starts a client transaction. The message must carry a top Via with <paramref name="branch"/>.</summary>
    public ClientTransaction Send(SipMethod method, string branch, ReadOnlySpan<byte> request, in Flow flow, object? user, TimeSpan now)
        => throw new NotImplementedException();

    /// <summary>Sends a message that has no transaction: the ACK of a 2xx.</summary>
    public void SendStateless(ReadOnlySpan<byte> message, in Flow flow) => throw new NotImplementedException();

    /// <summary>Cancels an INVITE of ours: at once when a 1xx came, else as soon as one comes (§9.1).</summary>
    public void Cancel(ClientTransaction invite, string? reasonHeader, TimeSpan now) => throw new NotImplementedException();

    /// <summary>Sends an answer and moves the server transaction.</summary>
    public void Respond(ServerTransaction transaction, ReadOnlySpan<byte> response, TimeSpan now) => throw new NotImplementedException();
}
