using System.Security.Cryptography;
using Gateway.Server.Accounts;
using Gateway.Server.Ports;
using Gateway.Server.Registrar;
using Gateway.Sip;

namespace Gateway.Server;

/// <summary>What everything on one SIP loop shares. Nothing here is used from another thread, except where a type says so.</summary>
public sealed class LoopServices
{
    /// <summary>Index of this loop: written into branches, tags, Call-IDs and leg ids.</summary>
    public required int Loop { get; init; }

    public required ServerOptions Options { get; init; }

    public required SipTimers SipTimers { get; init; }

    public required TimerWheel Timers { get; init; }

    public required ISipTransport Transport { get; init; }

    /// <summary>One writer for all messages of the loop: a message is ended and copied before the next begins.</summary>
    public required SipWriter Writer { get; init; }

    public required ILoopScheduler Scheduler { get; init; }

    public required IMediaRelay Media { get; init; }

    public required ICallLog CallLog { get; init; }

    public required IBindingStore BindingStore { get; init; }

    public required IGatewayEvents Events { get; init; }

    /// <summary>Thread-safe, shared by all loops.</summary>
    public required AccountDirectory Accounts { get; init; }

    public required BindingTable Bindings { get; init; }

    public required RandomNumberGenerator Random { get; init; }

    /// <summary>Wall clock, for records and expiry dates only.</summary>
    public required Func<DateTimeOffset> UtcNow { get; init; }

    /// <summary>Set once by the core that owns the loop.</summary>
    public TransactionLayer Transactions { get; set; } = null!;
}

/// <summary>An owner of client transactions: set as <see cref="ClientTransaction.User"/>, it hears their answers.</summary>
public interface IClientTransactionOwner
{
    void OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now);

    void OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now);
}
