using System.Net;
using System.Net.Sockets;
using Gateway.Net.Sip.Streams;
using Gateway.Sip;
using Microsoft.Extensions.Logging;

namespace Gateway.Net.Sip;

/// <summary>The sockets that SIP is taken on: UDP and TCP on one port of every address, TLS on another.</summary>
internal sealed class SipListeners : IDisposable
{
    /// <summary>Tries at a port that is free for UDP and TCP, when the system picks it.</summary>
    private const int MostTries = 20;

    private readonly List<UdpListener> _udp = [];
    private readonly List<StreamListener> _streams = [];
    private readonly NetOptions _options;
    private readonly ILogger _logger;

    private SipListeners(NetOptions options, ILogger logger)
    {
        _options = options;
        _logger = logger;
    }

    public IReadOnlyList<UdpListener> Udp => _udp;

    public IReadOnlyList<StreamListener> Streams => _streams;

    public bool AreAlive => _udp.TrueForAll(listener => listener.IsAlive) && _streams.TrueForAll(listener => listener.IsAlive);

    /// <exception cref="InvalidOperationException">No address could be listened on; the message names the options.</exception>
    public static SipListeners Bind(NetOptions options, Func<int, IPEndPoint, UdpListener> udp, Func<SipTransport, IPEndPoint, StreamListener> stream, bool hasCertificate, ILogger logger)
    {
        var all = new SipListeners(options, logger);
        try
        {
            all.Bind(udp, stream, hasCertificate);
            return all;
        }
        catch
        {
            all.Dispose();
            throw;
        }
    }

    public void Start()
    {
        foreach (var listener in _udp)
        {
            listener.Start();
            NetLog.Listening(_logger, "UDP", listener.Local);
        }

        foreach (var listener in _streams)
        {
            listener.Start();
            NetLog.Listening(_logger, Name(listener.Transport), listener.Local);
        }
    }

    public void Dispose()
    {
        // First what would take more in.
        _streams.ForEach(listener => listener.Dispose());
        _udp.ForEach(listener => listener.Dispose());
    }

    private void Bind(Func<int, IPEndPoint, UdpListener> udp, Func<SipTransport, IPEndPoint, StreamListener> stream, bool hasCertificate)
    {
        var addresses = ListenAddresses.Of(_options);
        var port = _options.SipPort;
        foreach (var address in addresses)
        {
            port = BindPair(new IPEndPoint(address, port), udp, stream) ?? port;
            if (hasCertificate && _options.SipsPort != 0)
            {
                TryBind(SipTransport.Tls, new IPEndPoint(address, _options.SipsPort), local => _streams.Add(stream(SipTransport.Tls, local)));
            }
        }

        if (_udp.Count == 0)
        {
            throw CannotListen(SipTransport.Udp, new IPEndPoint(addresses[0], port), null);
        }
    }

    /// <summary>UDP and TCP on one port.</summary>
    /// <returns>The port, null when the address is left out.</returns>
    private int? BindPair(IPEndPoint local, Func<int, IPEndPoint, UdpListener> udp, Func<SipTransport, IPEndPoint, StreamListener> stream)
    {
        for (var tries = 1; ; tries++)
        {
            if (!TryBind(SipTransport.Udp, local, at => _udp.Add(udp(_udp.Count, at))))
            {
                return null;
            }

            var port = _udp[^1].Local.Port;
            try
            {
                _streams.Add(stream(SipTransport.Tcp, new IPEndPoint(local.Address, port)));
                return port;
            }
            catch (SocketException) when (local.Port == 0 && tries < MostTries)
            {
                _udp[^1].Dispose();
                _udp.RemoveAt(_udp.Count - 1);
            }
            catch (SocketException e)
            {
                throw CannotListen(SipTransport.Tcp, new IPEndPoint(local.Address, port), e);
            }
        }
    }

    private bool TryBind(SipTransport transport, IPEndPoint local, Action<IPEndPoint> bind)
    {
        try
        {
            bind(local);
            return true;
        }
        catch (SocketException e) when (_options.Listen.Count == 0)
        {
            // Of all addresses of the host some may not be ready; of configured ones each is wanted.
            NetLog.CannotListen(_logger, Name(transport), local, e.Message);
            return false;
        }
        catch (SocketException e)
        {
            throw CannotListen(transport, local, e);
        }
    }

    private static InvalidOperationException CannotListen(SipTransport transport, IPEndPoint local, Exception? inner) =>
        new($"SIP cannot listen on {Name(transport)} {local} (Gateway:Net:Listen, Gateway:Net:{(transport == SipTransport.Tls ? "SipsPort" : "SipPort")}): {inner?.Message ?? "no address works"}. Choose another port or address.", inner);

    private static string Name(SipTransport transport) => transport.ToString().ToUpperInvariant();
}
