using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Server.Trunks;
using Gateway.Sip;

namespace Gateway.Net.Sip.Streams;

/// <summary>Which certificate a client is shown: by the server name it asks for, null when there is none at all.</summary>
public delegate SslStreamCertificateContext? ServerCertificate(string? serverName);

/// <summary>A connection that a peer opened to us. A stranger has the time of one registration on it.</summary>
internal sealed class AcceptedConnection : StreamConnection
{
    private readonly Socket _socket;
    private readonly ServerCertificate? _certificate;
    private readonly PeerCertificates _peers;
    private readonly CertificateDemand _demand;

    /// <param name="peers">Looks at the client's certificate.</param>
    /// <param name="demand">Whether there must be one.</param>
    public AcceptedConnection(IStreamOwner owner, SipTransport transport, Socket socket, ServerCertificate? certificate, PeerCertificates peers, CertificateDemand demand)
        : base(owner, transport, (IPEndPoint)socket.RemoteEndPoint!)
    {
        _socket = socket;
        _certificate = certificate;
        _peers = peers;
        _demand = demand;
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
        Local = LocalEndPoint.Address;
        Room = StreamLimits.QueuedForStranger;
    }

    public override IPAddress? Local { get; }

    /// <summary>What the client's certificate proved; null without one, and for one that proves nothing.</summary>
    public PeerCertificate? Peer { get; private set; }

    /// <summary>Where the peer listens, once requests to it may go back on this connection.</summary>
    public IPEndPoint? Alias { get; set; }

    public override void Check(TimeSpan now)
    {
        base.Check(now);
        if (!IsProved && now - Opened > Owner.Options.UnauthenticatedLifetime && !Owner.IsKnown(Flow))
        {
            Cut(EndKind.Unauthenticated, "nobody signed in on it in time");
        }
    }

    protected override async Task<Stream> EstablishAsync(CancellationToken cancel)
    {
        StreamSockets.Prepare(_socket);
        var plain = new NetworkStream(_socket, ownsSocket: false);
        if (Transport == SipTransport.Tcp)
        {
            return plain;
        }

        var tls = new SslStream(plain, leaveInnerStreamOpen: false);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Owner.Options.HandshakeTime);
        try
        {
            await tls.AuthenticateAsServerAsync(Choose, null, limit.Token).ConfigureAwait(false);
            if (Peer is not null)
            {
                Owner.Proved(this);
            }

            return tls;
        }
        catch
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    protected override void Release() => _socket.Dispose();

    protected override void HalfClose() => _socket.Shutdown(SocketShutdown.Send);

    protected override ConnectionEnd Explain(Exception? error) => error switch
    {
        OperationCanceledException => new ConnectionEnd(EndKind.TlsFailed, "the TLS handshake took too long"),
        AuthenticationException => new ConnectionEnd(EndKind.TlsFailed, $"the TLS handshake failed: {error.GetBaseException().Message}"),
        _ => base.Explain(error),
    };

    private ValueTask<SslServerAuthenticationOptions> Choose(SslStream stream, SslClientHelloInfo hello, object? state, CancellationToken cancel)
    {
        var context = _certificate?.Invoke(hello.ServerName is { Length: > 0 } name ? name : null)
            ?? throw new AuthenticationException("there is no certificate for SIP over TLS");
        return ValueTask.FromResult(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = context,
            EnabledSslProtocols = TlsRules.Protocols,
            AllowRenegotiation = false,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            ClientCertificateRequired = _demand != CertificateDemand.Off,
            CertificateChainPolicy = _demand == CertificateDemand.Off ? null : _peers.Policy(),
            RemoteCertificateValidationCallback = _demand == CertificateDemand.Off ? null : (_, certificate, chain, _) => Accepts(certificate as X509Certificate2, chain),
        });
    }

    /// <summary>RFC 5922 §7.4: the handshake goes on whatever the certificate says, unless one is required; what it proves is kept.</summary>
    private bool Accepts(X509Certificate2? certificate, X509Chain? chain)
    {
        Peer = certificate is null ? null : _peers.Look(certificate, chain?.ChainPolicy.ExtraStore ?? []);
        return Peer is not null || _demand != CertificateDemand.Require;
    }
}
