using System.Net;
using System.Net.Sockets;
using Gateway.Net.Sip.Streams;
using Gateway.Sip;
using Microsoft.Extensions.Logging;

namespace Gateway.Net.Sip;

/// <summary>Opens a UDP socket; the number is its place among all.</summary>
internal delegate UdpListener UdpFactory(int index, IPEndPoint local, SipListen listen);

/// <summary>Opens a TCP or TLS socket.</summary>
internal delegate StreamListener StreamFactory(IPEndPoint local, SipListen listen);

/// <summary>The sockets that SIP is taken on: UDP and TCP on one port of every address and TLS on another, or as they are listed.</summary>
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
    public static SipListeners Bind(NetOptions options, UdpFactory udp, StreamFactory stream, bool hasCertificate, ILogger logger)
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

    private void Bind(UdpFactory udp, StreamFactory stream, bool hasCertificate)
    {
        if (_options.Listeners.Count > 0)
        {
            BindNamed(udp, stream, hasCertificate);
        }
        else
        {
            BindPairs(udp, stream, hasCertificate);
        }

        if (_udp.Count + _streams.Count == 0)
        {
            throw CannotListen(SipTransport.Udp, new IPEndPoint(IPAddress.Any, _options.SipPort), null);
        }
    }

    /// <summary>UDP and TCP on one port of every address, TLS on another.</summary>
    private void BindPairs(UdpFactory udp, StreamFactory stream, bool hasCertificate)
    {
        var port = _options.SipPort;
        foreach (var address in ListenAddresses.Of(_options))
        {
            port = BindPair(new IPEndPoint(address, port), udp, stream) ?? port;
            if (hasCertificate && _options.SipsPort != 0)
            {
                TryBind(new SipListen(SipTransport.Tls, address, _options.SipsPort), address, _options.Listen.Count == 0, udp, stream);
            }
        }
    }

    /// <summary>Each entry as it stands.</summary>
    /// <exception cref="InvalidOperationException">One cannot be read, or not be listened on.</exception>
    private void BindNamed(UdpFactory udp, StreamFactory stream, bool hasCertificate)
    {
        foreach (var text in _options.Listeners)
        {
            if (!SipListen.TryParse(text, out var listen, out var complaint))
            {
                throw new InvalidOperationException($"Gateway:Net:Listeners: {complaint}");
            }

            if (listen.Transport == SipTransport.Tls && !hasCertificate)
            {
                continue;
            }

            IReadOnlyList<IPAddress> addresses = listen.Address is { } one ? [one] : ListenAddresses.Of(new NetOptions());
            foreach (var address in addresses)
            {
                TryBind(listen, address, listen.Address is null, udp, stream);
            }
        }
    }

    /// <summary>UDP and TCP on one port.</summary>
    /// <returns>The port, null when the address is left out.</returns>
    private int? BindPair(IPEndPoint local, UdpFactory udp, StreamFactory stream)
    {
        for (var tries = 1; ; tries++)
        {
            if (!TryBind(new SipListen(SipTransport.Udp, local.Address, local.Port), local.Address, _options.Listen.Count == 0, udp, stream))
            {
                return null;
            }

            var port = _udp[^1].Local.Port;
            try
            {
                _streams.Add(stream(new IPEndPoint(local.Address, port), new SipListen(SipTransport.Tcp, local.Address, port)));
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

    /// <param name="isOneOfAll">Of all addresses of the host some may not be ready; of configured ones each is wanted.</param>
    private bool TryBind(SipListen listen, IPAddress address, bool isOneOfAll, UdpFactory udp, StreamFactory stream)
    {
        var local = new IPEndPoint(address, listen.Port);
        try
        {
            if (listen.Transport == SipTransport.Udp)
            {
                _udp.Add(udp(_udp.Count, local, listen));
            }
            else
            {
                _streams.Add(stream(local, listen));
            }

            return true;
        }
        catch (SocketException e) when (isOneOfAll)
        {
            NetLog.CannotListen(_logger, Name(listen.Transport), local, e.Message);
            return false;
        }
        catch (SocketException e)
        {
            throw CannotListen(listen.Transport, local, e);
        }
    }

    private InvalidOperationException CannotListen(SipTransport transport, IPEndPoint local, Exception? inner)
    {
        var settings = _options.Listeners.Count > 0 ? "Gateway:Net:Listeners" : $"Gateway:Net:Listen, Gateway:Net:{(transport == SipTransport.Tls ? "SipsPort" : "SipPort")}";
        return new($"SIP cannot listen on {Name(transport)} {local} ({settings}): {inner?.Message ?? "no address works"}. Choose another port or address.", inner);
    }

    private static string Name(SipTransport transport) => transport.ToString().ToUpperInvariant();
}
