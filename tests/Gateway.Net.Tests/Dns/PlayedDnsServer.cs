using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Gateway.Sip;

namespace Gateway.Net.Tests.Dns;

/// <summary>A DNS server on loopback whose behaviour a test writes: one that is slow, wrong, silent or cut short.</summary>
internal sealed class PlayedDnsServer : IAsyncDisposable
{
    private readonly Socket _udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly TcpListener _tcp;
    private readonly CancellationTokenSource _end = new();
    private readonly Func<ushort, DnsQuestion, string, IEnumerable<byte[]>> _answer;
    private readonly List<Task> _tasks = [];

    /// <param name="answer">From id, question and "udp" or "tcp" to the messages that are sent.</param>
    public PlayedDnsServer(Func<ushort, DnsQuestion, string, IEnumerable<byte[]>> answer)
    {
        _answer = answer;
        _udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Address = (IPEndPoint)_udp.LocalEndPoint!;
        _tcp = new TcpListener(Address);
        _tcp.Start();
        _tasks.Add(ServeUdpAsync());
        _tasks.Add(ServeTcpAsync());
    }

    public IPEndPoint Address { get; }

    /// <summary>Each query's question, transport and source port.</summary>
    public ConcurrentQueue<(DnsQuestion Question, string Transport, int Port, bool WithEdns)> Asked { get; } = new();

    public TimeSpan Delay { get; init; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _udp.Dispose();
        _tcp.Dispose();
        await Task.WhenAll(_tasks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task ServeUdpAsync()
    {
        var buffer = new byte[512];
        while (!_end.IsCancellationRequested)
        {
            var received = await _udp.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _end.Token);
            var answers = Answer(buffer.AsSpan(0, received.ReceivedBytes), "udp", ((IPEndPoint)received.RemoteEndPoint).Port);
            _ = Task.Run(async () =>
            {
                await Task.Delay(Delay, _end.Token);
                foreach (var answer in answers)
                {
                    await _udp.SendToAsync(answer, received.RemoteEndPoint, _end.Token);
                }
            });
        }
    }

    private async Task ServeTcpAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            using var client = await _tcp.AcceptTcpClientAsync(_end.Token);
            var stream = client.GetStream();
            var head = new byte[2];
            await stream.ReadExactlyAsync(head, _end.Token);
            var query = new byte[BinaryPrimitives.ReadUInt16BigEndian(head)];
            await stream.ReadExactlyAsync(query, _end.Token);
            foreach (var answer in Answer(query, "tcp", ((IPEndPoint)client.Client.RemoteEndPoint!).Port))
            {
                BinaryPrimitives.WriteUInt16BigEndian(head, (ushort)answer.Length);
                await stream.WriteAsync((byte[])[.. head, .. answer], _end.Token);
            }
        }
    }

    private List<byte[]> Answer(ReadOnlySpan<byte> query, string transport, int port)
    {
        // A query reads as a response with the bit of direction set.
        var bytes = query.ToArray();
        bytes[2] |= 0x80;
        bytes[10] = bytes[11] = 0;
        Assert.True(DnsResponseParser.TryParse(bytes, out var parsed, out _));
        Asked.Enqueue((parsed!.Question, transport, port, query[11] == 1));
        return [.. _answer(parsed.Id, parsed.Question, transport)];
    }
}
