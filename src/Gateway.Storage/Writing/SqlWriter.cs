using System.Data.Common;
using Microsoft.Extensions.Logging;

namespace Gateway.Storage.Writing;

/// <summary>
/// The one thread that writes: it gathers what waits into a transaction (group commit) and tells the owners. While a commit
/// runs, the next group forms; so a lone write is committed at once and a flood shares its disk flushes. Order is kept.
/// </summary>
internal sealed class SqlWriter : IDisposable
{
    private readonly SqlEngine _engine;
    private readonly StorageOptions _options;
    private readonly StorageMetrics _metrics;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Thread _thread;
    private readonly object _gate = new();
    private readonly LinkedList<SqlWork> _queue = new();
    private readonly List<SqlWork> _batch = [];
    private DbConnection? _connection;
    private int _awaited;
    private long _gatheringSince;
    private long _notBefore = long.MinValue;
    private long _refusalLogged;
    private int _refusalsUnlogged;
    private bool _stopping;

    public SqlWriter(SqlEngine engine, DbConnection connection, StorageOptions options, StorageMetrics metrics, ILogger logger, TimeProvider time)
    {
        _engine = engine;
        _connection = connection;
        _options = options;
        _metrics = metrics;
        _logger = logger;
        _time = time;
        _thread = new Thread(Run) { IsBackground = true, Name = "storage writer" };
        _thread.Start();
    }

    /// <summary>Queues a write. Never blocks; a full queue refuses at once.</summary>
    public void Post(SqlWork work)
    {
        lock (_gate)
        {
            if (!_stopping && _queue.Count < _options.QueueLimit)
            {
                if (_queue.Count == 0)
                {
                    _gatheringSince = _time.GetTimestamp();
                }

                _queue.AddLast(work);
                _awaited += work.Awaited ? 1 : 0;
                if (work.Awaited || _queue.Count == 1 || _queue.Count >= _options.BatchLimit)
                {
                    Monitor.Pulse(_gate);
                }

                return;
            }
        }

        _metrics.Refused("queue_full");
        work.Done?.Invoke(false);
    }

    /// <summary>A write whose caller awaits it; fails with <see cref="StorageException"/>.</summary>
    public async Task<T> RunAsync<T>(Func<DbConnection, DbTransaction, T> apply, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        T result = default!;
        Exception? failure = null;
        Post(new SqlWork(
            (connection, transaction) =>
            {
                try
                {
                    result = apply(connection, transaction);
                }
                catch (DbException e)
                {
                    failure = e;
                    throw;
                }
            },
            ok => done.TrySetResult(ok), Awaited: true, OnRefusal.Report));

        return await done.Task.WaitAsync(cancel).ConfigureAwait(false)
            ? result
            : throw new StorageException("The database refused a write: " + (failure?.Message ?? "it is full, locked or stopping"), failure!);
    }

    /// <summary>Commits what is queued and ends the thread.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
        _connection?.Dispose();
    }

    private void Run()
    {
        while (Gather())
        {
            try
            {
                Commit();
            }
            catch (Exception e)
            {
                // Our own fault; the writer must outlive it, and whoever waits must hear.
                StorageLog.WriterFault(_logger, e);
                foreach (var work in _batch)
                {
                    Tell(work, false);
                }
            }
        }
    }

    /// <summary>Waits for a batch; false when all is written and the writer stops.</summary>
    private bool Gather()
    {
        lock (_gate)
        {
            _batch.Clear();
            while (!IsDue(out var wait))
            {
                Monitor.Wait(_gate, wait);
            }

            while (_queue.First is { } first && _batch.Count < _options.BatchLimit)
            {
                _batch.Add(first.Value);
                _awaited -= first.Value.Awaited ? 1 : 0;
                _queue.RemoveFirst();
            }

            _gatheringSince = _time.GetTimestamp();
            return _batch.Count > 0;
        }
    }

    private bool IsDue(out TimeSpan wait)
    {
        wait = Timeout.InfiniteTimeSpan;
        if (_stopping || _awaited > 0)
        {
            return true;
        }

        if (_queue.Count == 0)
        {
            return false;
        }

        wait = _options.BehindDelay - _time.GetElapsedTime(_gatheringSince);
        var now = _time.GetTimestamp();
        if (_notBefore > now)
        {
            var retry = _time.GetElapsedTime(now, _notBefore);
            wait = wait > retry ? wait : retry;
        }
        else if (_queue.Count >= _options.BatchLimit)
        {
            return true;
        }

        if (wait > TimeSpan.Zero)
        {
            wait = TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));
            return false;
        }

        return true;
    }

    private void Commit()
    {
        var started = _time.GetTimestamp();
        try
        {
            CommitTogether(_batch);
            _metrics.Committed(_batch.Count, _time.GetElapsedTime(started));
            foreach (var work in _batch)
            {
                Tell(work, true);
            }
        }
        catch (DbException e) when (_engine.Classify(e) == SqlRefusal.Resource)
        {
            Refuse(e);
        }
        catch (Exception e) when (_batch.Count == 1)
        {
            _metrics.Refused("statement");
            StorageLog.StatementRefused(_logger, e);
            Tell(_batch[0], false);
        }
        catch (Exception)
        {
            CommitEach();
        }
    }

    private void CommitTogether(List<SqlWork> batch)
    {
        _connection ??= _engine.OpenWriter();
        _engine.SetDurable(_connection, batch.Exists(static work => work.Awaited));
        using var transaction = _connection.BeginTransaction();
        foreach (var work in batch)
        {
            work.Apply(_connection, transaction);
        }

        transaction.Commit();
    }

    /// <summary>One statement of the batch is bad: the others must not suffer for it.</summary>
    private void CommitEach()
    {
        var all = _batch.ToArray();
        foreach (var work in all)
        {
            _batch.Clear();
            _batch.Add(work);
            Commit();
        }

        _batch.Clear();
    }

    /// <summary>The disk is full, the file locked…: owners hear it at once, kept writes go back to the head of the queue.</summary>
    private void Refuse(DbException reason)
    {
        // A connection that saw an I/O error may hold stale state.
        _connection?.Dispose();
        _connection = null;

        _metrics.Refused("resource");
        LogRefusal(reason);
        lock (_gate)
        {
            for (var i = _batch.Count - 1; i >= 0 && !_stopping; i--)
            {
                if (_batch[i].Refusal == OnRefusal.Keep && _queue.Count < _options.QueueLimit)
                {
                    _queue.AddFirst(_batch[i] with { Awaited = false, Done = null });
                }
            }

            _notBefore = _time.GetTimestamp() + (long)(_options.RetryDelay.TotalSeconds * _time.TimestampFrequency);
        }

        foreach (var work in _batch)
        {
            Tell(work, false);
        }
    }

    /// <summary>At once, and then once a minute while it lasts: a full disk is not helped by a long log.</summary>
    private void LogRefusal(DbException reason)
    {
        _refusalsUnlogged += _batch.Count;
        if (_refusalLogged == 0 || _time.GetElapsedTime(_refusalLogged) >= TimeSpan.FromMinutes(1))
        {
            StorageLog.WriteRefused(_logger, _refusalsUnlogged, reason);
            _refusalLogged = _time.GetTimestamp();
            _refusalsUnlogged = 0;
        }
    }

    private void Tell(SqlWork work, bool ok)
    {
        try
        {
            work.Done?.Invoke(ok);
        }
        catch (Exception e)
        {
            StorageLog.WriterFault(_logger, e);
        }
    }
}
