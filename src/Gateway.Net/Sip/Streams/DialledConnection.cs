using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using Gateway.Server.Ports;
using Gateway.Server.Trunks;
using Gateway.Sip;

namespace Gateway.Net.Sip.Streams;

/// <summary>
/// A connection that we open to a next hop. What is sent before it stands waits; when it cannot be made it ends with the
/// reason in words. It may be told to open only when there is something to send.
/// </summary>
internal sealed class DialledConnection : StreamConnection
{
    private readonly TimeSpan _connectTime;
    private readonly Func<DateTimeOffset> _utcNow;
    private Socket? _socket;
    private TlsRules? _rules;
    private bool _connected;
    private long _nextPing;

    /// <param name="local">The listener's address that it leaves from; null to leave the choice to the system.</param>
    public DialledConnection(IStreamOwner owner, NextHop hop, TrunkTls tls, IPAddress? local, TimeSpan connectTime, Func<DateTimeOffset> utcNow)
        : base(owner, hop.Transport, hop.Remote)
    {
        Hop = hop;
        Tls = tls;
        Local = local;
        _connectTime = connectTime;
        _utcNow = utcNow;
        _nextPing = (Opened + owner.Options.PingInterval).Ticks;
    }

    public NextHop Hop { get; }

    /// <summary>The settings that it was made with: others need another connection.</summary>
    public TrunkTls Tls { get; }

    public override IPAddress? Local { get; }

    /// <summary>Nothing was ever sent.</summary>
    public bool IsUnused => !IsStarted;

    public override bool Send(ReadOnlySpan<byte> message)
    {
        if (!(OffersAlias ? SendWithAlias(message) : base.Send(message)))
        {
            return false;
        }

        Start();
        return true;
    }

    /// <summary>RFC 5923 §8.1: the peer may use this connection for its requests to us. Over TLS it must know by our certificate whose it is.</summary>
    private bool OffersAlias => Transport == SipTransport.Tls ? Tls.Certificate.Length > 0 : Owner.Options.AliasTcp;

    private bool SendWithAlias(ReadOnlySpan<byte> message)
    {
        var at = ViaAlias.PlaceIn(message);
        if (at < 0)
        {
            return base.Send(message);
        }

        var whole = ArrayPool<byte>.Shared.Rent(message.Length + ViaAlias.Parameter.Length);
        try
        {
            return base.Send(whole.AsSpan(0, ViaAlias.Write(message, at, whole)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }

    public override void Check(TimeSpan now)
    {
        base.Check(now);
        if (HasStood && now.Ticks > _nextPing)
        {
            _nextPing = (now + Owner.Options.PingInterval).Ticks;
            Ping(now);
        }
    }

    protected override async Task<Stream> EstablishAsync(CancellationToken cancel)
    {
        if (Transport is not (SipTransport.Tcp or SipTransport.Tls))
        {
            throw new NotSupportedException($"connections over {Transport} are taken, never opened");
        }

        var socket = _socket = new Socket(Remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (Local is not null)
        {
            socket.Bind(new IPEndPoint(Local, 0));
        }

        StreamSockets.Prepare(socket);
        await WithinAsync(_connectTime, limit => socket.ConnectAsync(Remote, limit).AsTask(), cancel).ConfigureAwait(false);
        _connected = true;
        LocalEndPoint = (IPEndPoint?)socket.LocalEndPoint;
        var plain = new NetworkStream(socket, ownsSocket: false);
        if (Transport == SipTransport.Tcp)
        {
            return plain;
        }

        _rules = new TlsRules(Hop.Name.Length > 0 ? Hop.Name : Remote.Address.ToString(), Tls, _utcNow);
        var tls = new SslStream(plain, leaveInnerStreamOpen: false);
        try
        {
            var options = _rules.Options();
            await WithinAsync(Owner.Options.HandshakeTime, limit => tls.AuthenticateAsClientAsync(options, limit), cancel).ConfigureAwait(false);
            return tls;
        }
        catch
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    protected override void Release() => _socket?.Dispose();

    protected override void HalfClose() => _socket?.Shutdown(SocketShutdown.Send);

    protected override ConnectionEnd Explain(Exception? error)
    {
        if (HasStood)
        {
            // In TLS 1.3 a client hears only now that its certificate is refused.
            var end = base.Explain(error);
            return Transport != SipTransport.Tls || HasHeard || end.Kind is not (EndKind.Peer or EndKind.Reset)
                ? end
                : end with { Words = end.Words + " without a word; it may want a certificate of ours, or another one" };
        }

        var to = $"{Remote} ({Transport.ToString().ToUpperInvariant()})";
        return error switch
        {
            OperationCanceledException when !_connected => new ConnectionEnd(EndKind.ConnectTimeout, $"no answer from {to} within {_connectTime.TotalSeconds:0.#} s"),
            OperationCanceledException => new ConnectionEnd(EndKind.TlsFailed, $"the TLS handshake with {to} took longer than {Owner.Options.HandshakeTime.TotalSeconds:0.#} s"),
            CryptographicException => new ConnectionEnd(EndKind.TlsFailed, error.Message),
            AuthenticationException => _rules?.Refusal ?? new ConnectionEnd(EndKind.TlsFailed, $"the TLS handshake with {to} failed: {error.GetBaseException().Message}"),
            NotSupportedException => new ConnectionEnd(EndKind.Unreachable, error.Message),
            SocketException socket => Explain(socket.SocketErrorCode, to),
            IOException when _connected => new ConnectionEnd(EndKind.TlsFailed, $"{to} broke the TLS handshake off; does it speak TLS on this port, and does it want a certificate of ours?"),
            _ => base.Explain(error),
        };
    }

    private static ConnectionEnd Explain(SocketError error, string to) => error switch
    {
        SocketError.ConnectionRefused => new ConnectionEnd(EndKind.Refused, $"{to} refused the connection: nothing listens there"),
        SocketError.TimedOut => new ConnectionEnd(EndKind.ConnectTimeout, $"no answer from {to}"),
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.AddressNotAvailable =>
            new ConnectionEnd(EndKind.Unreachable, $"there is no way to {to}"),
        SocketError.ConnectionReset => new ConnectionEnd(EndKind.Reset, $"{to} broke the connection off"),
        _ => new ConnectionEnd(EndKind.Unreachable, $"no connection to {to}: {new SocketException((int)error).Message}"),
    };

    private static async Task WithinAsync(TimeSpan time, Func<CancellationToken, Task> step, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(time);
        await step(limit.Token).ConfigureAwait(false);
    }
}
