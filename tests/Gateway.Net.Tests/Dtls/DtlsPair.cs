using Gateway.Media.Dtls;
using Gateway.Net.Dtls;

namespace Gateway.Net.Tests.Dtls;

/// <summary>
/// Two engines back to back. OpenSSL reads the real clock for its retransmissions, so a loss test waits for that timer
/// (100 ms, then 200 ms) and everything else finishes at once.
/// </summary>
internal sealed class DtlsPair : IDisposable
{
    private static readonly DateTime Started = DateTime.UtcNow;
    private readonly List<byte[]> _toServer = [];
    private readonly List<byte[]> _toClient = [];

    public DtlsPair(DtlsIdentity serverIdentity, DtlsIdentity clientIdentity)
    {
        ServerIdentity = serverIdentity;
        ClientIdentity = clientIdentity;
        Server = new OpenSslDtls(serverIdentity);
        Client = new OpenSslDtls(clientIdentity);
    }

    public DtlsIdentity ServerIdentity { get; }

    public DtlsIdentity ClientIdentity { get; }

    public OpenSslDtls Server { get; }

    public OpenSslDtls Client { get; }

    /// <summary>Called with (to server?, number of the datagram in that direction); true drops it.</summary>
    public Func<bool, int, bool> Drop { get; set; } = (_, _) => false;

    public int SentToServer { get; private set; }

    public int SentToClient { get; private set; }

    public static TimeSpan Now => DateTime.UtcNow - Started;

    public void Start()
    {
        Server.ExpectPeer([ClientIdentity.Fingerprint], Now);
        Client.ExpectPeer([ServerIdentity.Fingerprint], Now);
        Server.Start(DtlsRole.Server, Now);
        Client.Start(DtlsRole.Client, Now);
    }

    /// <summary>Moves datagrams until nothing is under way.</summary>
    public void Pump()
    {
        do
        {
            Client.Drain(new Sink(_toServer));
            Server.Drain(new Sink(_toClient));
            Deliver(_toServer, Server, toServer: true);
            Deliver(_toClient, Client, toServer: false);
            Client.Drain(new Sink(_toServer));
            Server.Drain(new Sink(_toClient));
        }
        while (_toServer.Count + _toClient.Count > 0);
    }

    /// <summary>Pumps, and lets the retransmission timers run, until the condition holds or the time is over.</summary>
    public bool PumpUntil(Func<bool> condition, TimeSpan limit)
    {
        var end = Now + limit;
        while (!condition())
        {
            if (Now > end)
            {
                return false;
            }

            Pump();
            Server.OnDeadline(Now);
            Client.OnDeadline(Now);
            Thread.Yield();
        }

        return true;
    }

    public void Dispose()
    {
        Server.Dispose();
        Client.Dispose();
    }

    private void Deliver(List<byte[]> datagrams, OpenSslDtls to, bool toServer)
    {
        foreach (var datagram in datagrams.ToArray())
        {
            var number = toServer ? SentToServer++ : SentToClient++;
            if (!Drop(toServer, number))
            {
                to.Receive(datagram, Now);
            }
        }

        datagrams.Clear();
    }

    private sealed class Sink(List<byte[]> into) : IDatagramSink
    {
        public void Send(ReadOnlySpan<byte> datagram) => into.Add(datagram.ToArray());
    }
}
