using Gateway.Sip;

namespace Gateway.Net.Sip;

internal enum MailKind : byte
{
    Message,
    Bad,
    Work,
}

/// <summary>One thing for a loop to do.</summary>
/// <param name="At">When it was posted, by the loops' clock; only new requests have it.</param>
internal readonly record struct Mail(MailKind Kind, object Payload, Flow Flow, SipParseError Error, TimeSpan At = default);

/// <summary>
/// What waits for a loop: urgent mail (answers, requests inside dialogs, work of our own) goes before new work, and new
/// work is refused when too much of it waits (rule 3). Thread-safe; one taker.
/// </summary>
internal sealed class Mailbox(int urgentLimit, int newLimit)
{
    /// <summary>Fewer than these that wait long are no sign of load: the machine was elsewhere for a moment.</summary>
    private const int Crowd = 8;

    private readonly object _gate = new();
    private readonly Queue<Mail> _urgent = new();
    private readonly Queue<Mail> _new = new();
    private bool _waiting;
    private bool _closed;

    /// <summary>Since when the oldest new request waits, as of the last <see cref="Take"/>; null when hardly any did. The taker's.</summary>
    public TimeSpan? OldestNew { get; private set; }

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _urgent.Count + _new.Count;
            }
        }
    }

    /// <summary>Work of our own: never refused for being too much, because its sources are bounded. False after the end.</summary>
    public bool PostWork(Action work) => Add(_urgent, new Mail(MailKind.Work, work, default, default), int.MaxValue);

    public bool PostUrgent(in Mail mail) => Add(_urgent, mail, urgentLimit);

    public bool PostNew(in Mail mail) => Add(_new, mail, newLimit);

    /// <summary>Takes what there is, urgent mail first, waiting up to <paramref name="timeout"/>; zero when nothing came or all is over.</summary>
    public int Take(Mail[] into, TimeSpan? timeout)
    {
        lock (_gate)
        {
            if (_urgent.Count == 0 && _new.Count == 0 && !_closed)
            {
                _waiting = true;
                if (timeout is not { } time)
                {
                    Monitor.Wait(_gate);
                }
                else if (time > TimeSpan.Zero)
                {
                    Monitor.Wait(_gate, (int)Math.Min(Math.Ceiling(time.TotalMilliseconds), int.MaxValue));
                }

                _waiting = false;
            }

            OldestNew = _new.Count >= Crowd ? _new.Peek().At : null;
            var count = 0;
            while (count < into.Length && (_urgent.TryDequeue(out var mail) || _new.TryDequeue(out mail)))
            {
                into[count++] = mail;
            }

            return count;
        }
    }

    public bool IsClosed
    {
        get
        {
            lock (_gate)
            {
                return _closed;
            }
        }
    }

    /// <summary>Refuses what comes from now on; what waits is still taken.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.Pulse(_gate);
        }
    }

    private bool Add(Queue<Mail> queue, in Mail mail, int limit)
    {
        lock (_gate)
        {
            if (_closed || queue.Count >= limit)
            {
                return false;
            }

            queue.Enqueue(mail);
            if (_waiting)
            {
                _waiting = false;
                Monitor.Pulse(_gate);
            }

            return true;
        }
    }
}
