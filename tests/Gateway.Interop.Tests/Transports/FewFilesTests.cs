using System.Net;
using System.Net.Sockets;
using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Transports;

/// <summary>The gateway with a low limit of open files, as a careless service file gives it.</summary>
public sealed class FewFilesTests
{
    [Fact, Threat(15)]
    public async Task Without_files_new_connections_are_shed_and_phones_go_on()
    {
        await using var gateway = await GatewayProcess.StartWithFilesAsync(560, [.. GatewayFixture.ShortWaits]);
        var strangers = new List<Socket>();
        for (var i = 0; i < 400; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            strangers.Add(socket);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, i % 3 == 0 ? gateway.HttpsPort : gateway.SipPort).WaitAsync(TimeSpan.FromSeconds(5));
            }
            catch (Exception e) when (e is SocketException or TimeoutException)
            {
                // Shed.
            }
        }

        Assert.Contains("may open so few files", gateway.Log, StringComparison.Ordinal);
        // Calls need files as well: sound of two legs each.
        await using (var caller = Sipp.Start("connection", gateway.Registrar, calls: 3, rate: 1, keys: [.. Sipp.Keys(gateway.Alice), ("target", "*43")]))
        {
            await caller.SucceedAsync();
        }

        strangers.ForEach(socket => socket.Dispose());
        await Eventually.True(async () =>
        {
            try
            {
                using var http = gateway.Http();
                return (await http.GetAsync(new Uri("/health/ready", UriKind.Relative))).StatusCode == HttpStatusCode.OK;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, TimeSpan.FromSeconds(15));
        Assert.False(gateway.HasExited);
        Assert.DoesNotContain("Unhandled exception", gateway.Log, StringComparison.Ordinal);
    }
}
