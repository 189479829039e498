using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using Gateway.Net.Sip;
using Gateway.Sip;

namespace Gateway.Web.Tests;

/// <summary>Stands in for the loops: notes what comes, answers keep-alives, and hands the connection to the test.</summary>
internal sealed class RecordingHost : ISipConnectionHost
{
    private readonly ConcurrentDictionary<long, ISipConnection> _connections = new();
    private readonly Channel<string> _messages = Channel.CreateUnbounded<string>();
    private readonly Channel<ISipConnection> _opened = Channel.CreateUnbounded<ISipConnection>();
    private readonly ConcurrentDictionary<ISipConnection, TaskCompletionSource> _closed = new();
    private long _last;

    public Flow Opened(ISipConnection connection)
    {
        var id = Interlocked.Increment(ref _last);
        _connections[id] = connection;
        _closed[connection] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _opened.Writer.TryWrite(connection);
        return new Flow(connection.Transport, connection.Remote, 0, id);
    }

    public void Received(in Flow flow, ReadOnlySpan<byte> message)
    {
        if (message.SequenceEqual("\r\n\r\n"u8))
        {
            _connections[flow.Connection].Send("\r\n"u8);
            return;
        }

        _messages.Writer.TryWrite(Encoding.Latin1.GetString(message));
    }

    public void Closed(in Flow flow) => _closed[_connections[flow.Connection]].SetResult();

    public void Moved(in Flow old, in Flow current) => Moves.Enqueue((old, current));

    /// <summary>Flows whose dialogs were to move, and where to.</summary>
    public ConcurrentQueue<(Flow Old, Flow Current)> Moves { get; } = new();

    public Task<string> MessageAsync() => Within(_messages.Reader);

    public Task<ISipConnection> ConnectionAsync() => Within(_opened.Reader);

    public Task ClosedAsync(ISipConnection connection) => _closed[connection].Task.WaitAsync(TimeSpan.FromSeconds(10));

    /// <summary>Drops what earlier tests left.</summary>
    public void Forget()
    {
        while (_messages.Reader.TryRead(out _) || _opened.Reader.TryRead(out _))
        {
        }
    }

    private static async Task<T> Within<T>(ChannelReader<T> reader)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        return await reader.ReadAsync(limit.Token);
    }
}
