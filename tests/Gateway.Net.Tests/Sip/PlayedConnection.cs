using System.Collections.Concurrent;
using System.Net;
using Gateway.Net.Sip;
using Gateway.Sip;

namespace Gateway.Net.Tests.Sip;

/// <summary>A connection as the web host would hand it in, whose far end is the test.</summary>
internal sealed class PlayedConnection : ISipConnection
{
    private readonly BlockingCollection<byte[]> _sent = [];

    public SipTransport Transport => SipTransport.Wss;

    public IPEndPoint Remote { get; } = new(IPAddress.Parse("203.0.113.9"), 50000);

    public bool IsFull { get; set; }

    public (int Code, string Reason)? Closed { get; private set; }

    public bool Send(ReadOnlySpan<byte> message)
    {
        if (!IsFull)
        {
            _sent.Add(message.ToArray());
        }

        return !IsFull;
    }

    public void Close(int code, string reason) => Closed = (code, reason);

    public byte[] Take() => _sent.TryTake(out var message, TimeSpan.FromSeconds(20)) ? message : throw new TimeoutException("nothing was sent");
}
