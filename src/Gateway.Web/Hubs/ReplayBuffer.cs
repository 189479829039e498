using System.Threading.Channels;

namespace Gateway.Web.Hubs;

/// <summary>
/// Numbers events, keeps the last ones for clients that come back, and hands them to everyone who listens. A listener that
/// does not keep up is dropped: it can come back with its number. Thread-safe.
/// </summary>
/// <param name="first">Number before the first event; later starts of the gateway must begin higher.</param>
/// <param name="kept">Events kept for those who come back.</param>
/// <param name="waiting">Events that may wait for one listener.</param>
internal sealed class ReplayBuffer(long first, int kept, int waiting)
{
    private readonly Lock _gate = new();
    private readonly Queue<MonitorEvent> _events = new();
    private readonly HashSet<Listener> _listeners = [];
    private long _last = first;

    public long Last
    {
        get
        {
            lock (_gate)
            {
                return _last;
            }
        }
    }

    public int Listeners
    {
        get
        {
            lock (_gate)
            {
                return _listeners.Count;
            }
        }
    }

    public MonitorEvent Publish(DateTimeOffset at, string type, object data)
    {
        lock (_gate)
        {
            var happened = new MonitorEvent(++_last, at, type, data);
            _events.Enqueue(happened);
            if (_events.Count > kept)
            {
                _events.Dequeue();
            }

            Tell(happened);
            return happened;
        }
    }

    /// <summary>For who listens now only: no number of its own, not kept.</summary>
    public void Pass(DateTimeOffset at, string type, object data)
    {
        lock (_gate)
        {
            Tell(new MonitorEvent(_last, at, type, data));
        }
    }

    /// <param name="since">Number of the last event that the listener has; null to begin now.</param>
    public Listener Listen(long? since, DateTimeOffset at)
    {
        lock (_gate)
        {
            var listener = new Listener(this, waiting + kept + 1);
            var oldest = _last - _events.Count;
            if (since is { } number && (number < oldest || number > _last))
            {
                listener.TryTell(new MonitorEvent(_last, at, MonitorEvents.TooOld, new SubscriptionStart(false, "That is too long ago: take a snapshot.")));
            }
            else
            {
                listener.TryTell(new MonitorEvent(since ?? _last, at, MonitorEvents.Subscribed, new SubscriptionStart(since is not null, since is null ? "Events follow from now on." : "Events follow from where you were.")));
                foreach (var missed in _events.Where(happened => happened.Sequence > since))
                {
                    listener.TryTell(missed);
                }
            }

            _listeners.Add(listener);
            return listener;
        }
    }

    private void Tell(MonitorEvent happened) => _listeners.RemoveWhere(listener => !listener.TryTell(happened));

    private void Remove(Listener listener)
    {
        lock (_gate)
        {
            _listeners.Remove(listener);
        }
    }

    /// <summary>One who listens. Its reader ends with <see cref="TooSlowException"/> when it does not keep up.</summary>
    internal sealed class Listener(ReplayBuffer buffer, int capacity) : IDisposable
    {
        private readonly Channel<MonitorEvent> _channel = Channel.CreateBounded<MonitorEvent>(new BoundedChannelOptions(capacity) { SingleReader = true });

        public ChannelReader<MonitorEvent> Events => _channel.Reader;

        public void Dispose()
        {
            buffer.Remove(this);
            _channel.Writer.TryComplete();
        }

        internal bool TryTell(MonitorEvent happened)
        {
            if (_channel.Writer.TryWrite(happened))
            {
                return true;
            }

            _channel.Writer.TryComplete(new TooSlowException());
            return false;
        }
    }
}

/// <summary>A listener did not keep up with the events.</summary>
internal sealed class TooSlowException() : Exception("Events came faster than they were taken: subscribe again with the last number.");
