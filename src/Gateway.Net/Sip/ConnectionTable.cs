using System.Collections.Concurrent;
using System.Net;
using Gateway.Sip;

namespace Gateway.Net.Sip;

/// <summary>
/// The connections that are open, each with its flow. Ids are never used again, not even by a later run: a stored binding
/// of a flow that died with its process must not match a stranger's connection.
/// </summary>
internal sealed class ConnectionTable(TimeProvider time, NetMetrics metrics)
{
    /// <summary>Room for 2^20 connections a millisecond before two runs could share an id.</summary>
    private const int CounterBits = 20;

    private readonly ConcurrentDictionary<long, ISipConnection> _open = new();
    private long _last = time.GetUtcNow().ToUnixTimeMilliseconds() << CounterBits;

    public int Count => _open.Count;

    /// <summary>The WebSockets that are open now.</summary>
    public IEnumerable<KeyValuePair<long, ISipConnection>> WebSockets => _open.Where(pair => pair.Value.Transport is SipTransport.Ws or SipTransport.Wss);

    public Flow Open(ISipConnection connection)
    {
        var id = Interlocked.Increment(ref _last);
        _open[id] = connection;
        metrics.Connections(connection.Transport, 1);
        return new Flow(connection.Transport, connection.Remote, -1, id);
    }

    public ISipConnection? Find(in Flow flow) => _open.GetValueOrDefault(flow.Connection);

    public bool IsOpen(in Flow flow) => flow.Connection == 0 || _open.ContainsKey(flow.Connection);

    /// <summary>Our end of a connection; null when it is closed or does not tell.</summary>
    public IPEndPoint? LocalOf(in Flow flow) => _open.TryGetValue(flow.Connection, out var connection) ? connection.LocalEndPoint : null;

    public bool Close(in Flow flow)
    {
        if (!_open.TryRemove(flow.Connection, out _))
        {
            return false;
        }

        metrics.Connections(flow.Transport, -1);
        return true;
    }

    /// <summary>False when the connection is gone or cannot take more.</summary>
    public bool Send(in Flow flow, ReadOnlySpan<byte> message)
    {
        if (!_open.TryGetValue(flow.Connection, out var connection) || !connection.Send(message))
        {
            metrics.SendFailed(flow.Transport);
            return false;
        }

        metrics.Sent(flow.Transport);
        return true;
    }

    public void CloseAll(int code, string reason)
    {
        foreach (var connection in _open.Values)
        {
            connection.Close(code, reason);
        }
    }
}
