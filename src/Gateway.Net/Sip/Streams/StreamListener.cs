using System.Net;
using System.Net.Sockets;
using Gateway.Server.Trunks;
using Gateway.Sip;

namespace Gateway.Net.Sip.Streams;

/// <summary>Accepts TCP or TLS connections on one local address. Who may come in is decided by whom it tells.</summary>
internal sealed class StreamListener : IDisposable
{
    /// <summary>The pause after an error such as too many open files, which would come again at once.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly Action<StreamListener, Socket> _accepted;
    private readonly Action<StreamListener, Exception> _failed;
    private Task? _accepting;
    private volatile bool _stopping;

    /// <exception cref="SocketException">The address or port cannot be had.</exception>
    public StreamListener(SipTransport transport, IPEndPoint local, Action<StreamListener, Socket> accepted, Action<StreamListener, Exception> failed)
    {
        Transport = transport;
        _accepted = accepted;
        _failed = failed;
        _socket = new Socket(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (local.AddressFamily == AddressFamily.InterNetworkV6)
            {
                _socket.DualMode = false;
            }

            // What lingers of an earlier run does not count as taken.
            _socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            _socket.Bind(local);
            _socket.Listen(StreamLimits.Backlog);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }

        Local = (IPEndPoint)_socket.LocalEndPoint!;
    }

    public SipTransport Transport { get; }

    public IPEndPoint Local { get; }

    /// <summary>What peers are told instead of the address; empty for that.</summary>
    public string Advertise { get; init; } = "";

    /// <summary>What TLS clients are asked for.</summary>
    public CertificateDemand Certificates { get; init; }

    public bool IsAlive => _accepting is { IsCompleted: false };

    public void Start() => _accepting = AcceptAsync();

    public void Dispose()
    {
        _stopping = true;
        _socket.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping)
        {
            try
            {
                _accepted(this, await _socket.AcceptAsync().ConfigureAwait(false));
            }
            catch (Exception) when (_stopping)
            {
                return;
            }
            catch (Exception e)
            {
                // A connection that was gone again before it was taken says nothing of the listener.
                if (e is not SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted })
                {
                    _failed(this, e);
                    await Task.Delay(s_pause).ConfigureAwait(false);
                }
            }
        }
    }
}
