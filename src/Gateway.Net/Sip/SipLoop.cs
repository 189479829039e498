using Gateway.Server;
using Gateway.Server.Ports;
using Gateway.Sip;
using Microsoft.Extensions.Logging;

namespace Gateway.Net.Sip;

/// <summary>
/// One thread that owns transactions, bindings and calls: it takes mail, lets the core handle it, fires timers, and sleeps
/// until there is mail or a deadline. An exception is our bug: it ends one piece of mail, is counted, and the loop goes on.
/// </summary>
public sealed class SipLoop : ILoopScheduler
{
    private const int BatchSize = 64;

    /// <summary>How long the end of the thread is waited for; one that hangs must not keep the process.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly Mailbox _mailbox;
    private readonly MemoryWatch _memory;
    private readonly LoopClock _clock;
    private readonly NetMetrics _metrics;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly Mail[] _batch = new Mail[BatchSize];
    private GatewayCore? _core;
    private TimerWheel? _timers;
    private long _turns;

    internal SipLoop(int index, LoopClock clock, NetOptions options, NetMetrics metrics, ILogger logger)
    {
        Index = index;
        _clock = clock;
        _metrics = metrics;
        _logger = logger;
        _mailbox = new Mailbox(options.LoopUrgentLimit, options.LoopNewLimit);
        _memory = new MemoryWatch(options.MemoryLimit);
        _thread = new Thread(Run) { IsBackground = true, Name = $"sip loop {index}" };
    }

    public int Index { get; }

    /// <summary>False when the thread has ended: the process is ill.</summary>
    public bool IsAlive => _thread.IsAlive;

    /// <summary>Rises with every turn: a loop that hangs is seen by it.</summary>
    public long Turns => Volatile.Read(ref _turns);

    public int Waiting => _mailbox.Count;

    /// <summary>Touched on the loop only.</summary>
    internal GatewayCore? Core => _core;

    public bool Post(Action work) => _mailbox.PostWork(work);

    /// <summary>Runs a question of a page on the loop and hands its answer back.</summary>
    /// <exception cref="ObjectDisposedException">The loop has ended.</exception>
    public Task<T> InvokeAsync<T>(Func<GatewayCore, T> question)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var posted = Post(() =>
        {
            try
            {
                answer.SetResult(question(_core!));
            }
            catch (Exception e)
            {
                answer.SetException(e);
            }
        });
        return posted ? answer.Task : Task.FromException<T>(new ObjectDisposedException(nameof(SipLoop)));
    }

    /// <summary>Runs a question whose answer comes later on the loop.</summary>
    /// <exception cref="ObjectDisposedException">The loop has ended.</exception>
    internal Task<T?> AskAsync<T>(Action<GatewayCore, Action<T?>> question)
        where T : class
    {
        var answer = new TaskCompletionSource<T?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var posted = Post(() =>
        {
            try
            {
                question(_core!, value => answer.TrySetResult(value));
            }
            catch (Exception e)
            {
                answer.TrySetException(e);
            }
        });
        return posted ? answer.Task : Task.FromException<T?>(new ObjectDisposedException(nameof(SipLoop)));
    }

    internal void Start(GatewayCore core, TimerWheel timers)
    {
        _core = core;
        _timers = timers;
        _thread.Start();
    }

    /// <summary>Takes over the lease. False when too much waits: the caller sheds the message and keeps the lease.</summary>
    internal bool Deliver(SipMessage message, in Flow flow)
    {
        var mail = new Mail(MailKind.Message, message, flow, default, _clock.Now);
        return IsUrgent(message) ? _mailbox.PostUrgent(mail) : _mailbox.PostNew(mail);
    }

    internal bool DeliverBad(SipRequest partial, in SipParseError error, in Flow flow) =>
        _mailbox.PostNew(new Mail(MailKind.Bad, partial, flow, error));

    /// <summary>Ends the thread after what waits is done.</summary>
    internal void Stop()
    {
        _mailbox.Close();
        if (_thread.IsAlive && Thread.CurrentThread != _thread)
        {
            _thread.Join(s_patience);
        }
    }

    /// <summary>Answers, and requests of calls under way, go before what is new.</summary>
    private static bool IsUrgent(SipMessage message) =>
        message is not SipRequest request || !request.ToTag.IsEmpty || request.Method is SipMethod.Ack or SipMethod.Cancel;

    private void Run()
    {
        while (true)
        {
            var wait = _timers!.NextDeadline - _clock.Now;
            var count = _mailbox.Take(_batch, wait < TimeSpan.Zero ? TimeSpan.Zero : wait);
            if (count == 0 && _mailbox.IsClosed)
            {
                return;
            }

            Volatile.Write(ref _turns, _turns + 1);
            Weigh();
            for (var i = 0; i < count; i++)
            {
                Handle(_batch[i]);
                _batch[i] = default;
            }

            Guarded(static loop => loop._timers!.Advance(loop._clock.Now));
        }
    }

    /// <summary>How long new work waits decides how much of it is taken, and what neighbours are told.</summary>
    private void Weigh()
    {
        var now = _clock.Now;
        _core!.Weigh(_mailbox.OldestNew is { } since ? now - since : TimeSpan.Zero, _memory.IsShort(now), now);
    }

    private void Handle(in Mail mail)
    {
        var now = _clock.Now;
        try
        {
            switch (mail.Kind)
            {
                case MailKind.Message:
                    _core!.Receive((SipMessage)mail.Payload, mail.Flow, now);
                    break;
                case MailKind.Bad:
                    _core!.ReceiveBad((SipRequest)mail.Payload, mail.Error, mail.Flow, now);
                    break;
                default:
                    ((Action)mail.Payload)();
                    break;
            }
        }
        catch (Exception e)
        {
            Fault(e);
        }
        finally
        {
            (mail.Payload as SipMessage)?.Return();
        }
    }

    private void Guarded(Action<SipLoop> step)
    {
        try
        {
            step(this);
        }
        catch (Exception e)
        {
            Fault(e);
        }
    }

    private void Fault(Exception e)
    {
        _metrics.Fault();
        NetLog.LoopFault(_logger, Index, e);
    }
}
