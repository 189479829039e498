using System.Net;
using Gateway.Net.Sip;
using Gateway.Web.Setup;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Web.Sip;

/// <summary>
/// How many TCP connections one address may have to the web host, whatever they are for, and whether files are left for another
/// (THREATS 15): looked at before the TLS handshake. A reverse proxy that is trusted has the connections of everybody.
/// </summary>
internal sealed class ConnectionCaps
{
    /// <summary>Pages and requests to the API, beside the sockets.</summary>
    private const int ForPages = 100;

    private readonly SocketAdmission _admission;
    private readonly SocketAdmission _trusted;
    private readonly IReadOnlyList<System.Net.IPNetwork> _proxies;
    private readonly Lazy<SipSockets> _sockets;

    public ConnectionCaps(WebOptions options, OpenFileBudget files, IServiceProvider services)
    {
        _admission = new SocketAdmission(int.MaxValue, options.MaxSocketsPerAddress + ForPages, files);
        _trusted = new SocketAdmission(int.MaxValue, int.MaxValue, files);
        _proxies = [.. options.TrustedProxies.Select(text => TrustedProxies.TryParse(text, out var network) ? network : default(System.Net.IPNetwork?)).OfType<System.Net.IPNetwork>()];
        _sockets = new Lazy<SipSockets>(services.GetRequiredService<SipSockets>);
    }

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        var admission = _proxies.Any(proxy => proxy.Contains(plain)) ? _trusted : _admission;
        var answer = admission.Enter(plain);
        if (answer != Admission.Granted)
        {
            if (answer == Admission.Full)
            {
                _sockets.Value.MakeRoom();
            }

            connection.Abort();
            return;
        }

        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            admission.Leave(plain);
        }
    }
}
