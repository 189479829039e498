using System.Text;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Server.Trunks;

/// <summary>
/// Asks a trunk by OPTIONS whether it is there (RFC 3261 §11), one address after another until one answers. Whatever it says
/// but 503 counts as life. An address is not asked again while an earlier question to it still waits. Loop-only.
/// </summary>
internal sealed class TrunkQualify : ITimerTarget, IClientTransactionOwner
{
    private const int RoundTimer = 0;
    private const int PatienceTimer = 1;
    private const int ForgiveTimer = 2;

    /// <summary>How long an address may take to answer.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(4);

    /// <summary>A trunk that fell silent is asked again so soon, until it counts as down.</summary>
    private static readonly TimeSpan s_doubt = TimeSpan.FromSeconds(2);

    /// <summary>A trunk that no OPTIONS watch and whose calls failed gets another chance after this.</summary>
    private static readonly TimeSpan s_forgive = TimeSpan.FromSeconds(60);

    private readonly LoopServices _services;
    private readonly Dictionary<ClientTransaction, (NextHop Hop, Flow Flow, TimeSpan At)> _asked = [];
    private readonly Queue<NextHop> _hops = [];
    private ClientTransaction? _current;
    private TimerHandle _round;
    private TimerHandle _patience;
    private TimerHandle _forgive;
    private string _reason = "";
    private int _epoch;
    private bool _isAsking;
    private bool _isStopped = true;

    public TrunkQualify(LoopServices services, TrunkCredentials credentials)
    {
        _services = services;
        Credentials = credentials;
    }

    public TrunkCredentials Credentials { get; private set; }

    private Trunk Trunk => Credentials.Trunk;

    public void Start(TrunkCredentials credentials, TimeSpan now)
    {
        Stop();
        Credentials = credentials;
        _isStopped = false;
        if (Trunk.QualifySeconds > 0)
        {
            Round(now);
        }
    }

    public void Use(TrunkCredentials credentials) => Credentials = credentials;

    public void Stop()
    {
        _epoch++;
        _isStopped = true;
        _isAsking = false;
        _current = null;
        foreach (var asked in _asked.Keys)
        {
            _services.Transactions.Abandon(asked);
        }

        _asked.Clear();
        _services.Timers.Cancel(_round);
        _services.Timers.Cancel(_patience);
        _services.Timers.Cancel(_forgive);
    }

    /// <summary>A call failed on it: asks now, or, where nothing is asked, gives it another chance later.</summary>
    public void OnSuspected(TimeSpan now)
    {
        if (_isStopped)
        {
            return;
        }

        if (Trunk.QualifySeconds > 0)
        {
            Round(now);
        }
        else if (!_services.Timers.IsArmed(_forgive))
        {
            _forgive = _services.Timers.Schedule(now + s_forgive, this, ForgiveTimer);
        }
    }

    public void OnTimer(int kind, TimeSpan now)
    {
        switch (kind)
        {
            case RoundTimer:
                Round(now);
                break;
            case PatienceTimer:
                if (_asked.TryGetValue(_current!, out var asked))
                {
                    _reason = $"no answer from {TrunkHops.Words(asked.Hop)} to OPTIONS";
                    _services.NextHops?.Failed(asked.Hop);
                }

                _current = null;
                Next(now);
                break;
            default:
                _services.Trunks.Update(Trunk.Id, status => TrunkHealth.Forgiven(status, _services.UtcNow()));
                break;
        }
    }

    public void OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now)
    {
        if (response.IsProvisional || !_asked.Remove(transaction, out var asked))
        {
            return;
        }

        TrunkHops.Heard(_services, asked.Hop, response);
        if (response.StatusCode == 503)
        {
            // It says itself that it cannot serve.
            _reason = $"503 {Encoding.UTF8.GetString(response.ReasonPhrase)} from {TrunkHops.Words(asked.Hop)} to OPTIONS";
            EndCurrent(transaction, now);
            return;
        }

        // A late answer is an answer: what was asked before says as much as what is asked now.
        var took = now - asked.At;
        _services.Metrics.TrunkProbe("answered");
        _services.Trunks.Update(Trunk.Id, status => TrunkHealth.Succeeded(status with { RoundTrip = took }, _services.UtcNow()));
        EndRound(now);
    }

    public void OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now)
    {
        if (_asked.Remove(transaction, out var asked))
        {
            _reason = TrunkHops.WhyFailed(_services, asked.Hop, asked.Flow, failure);
            _services.NextHops?.Failed(asked.Hop);
            EndCurrent(transaction, now);
        }
    }

    private void Round(TimeSpan now)
    {
        if (_isAsking)
        {
            return;
        }

        _isAsking = true;
        _services.Timers.Cancel(_round);
        var epoch = _epoch;
        TrunkHops.Find(_services, Credentials.NextHop, Trunk.Id, found =>
        {
            if (epoch != _epoch)
            {
                return;
            }

            _hops.Clear();
            foreach (var hop in found.Hops)
            {
                _hops.Enqueue(hop);
            }

            _reason = found.Error;
            Next(_services.Now());
        });
    }

    private void Next(TimeSpan now)
    {
        while (_hops.TryDequeue(out var hop))
        {
            if (_asked.Values.Any(asked => asked.Hop.Remote.Equals(hop.Remote) && asked.Hop.Transport == hop.Transport))
            {
                // Still repeating itself there: another question beside it would only add to the noise.
                _reason = $"no answer from {TrunkHops.Words(hop)} to OPTIONS";
                continue;
            }

            Ask(hop, now);
            return;
        }

        _services.Metrics.TrunkProbe("failed");
        _services.Trunks.Update(Trunk.Id, status => TrunkHealth.Failed(status, _reason, _services.UtcNow()));
        EndRound(now);
    }

    private void Ask(NextHop hop, TimeSpan now)
    {
        var flow = TrunkHops.Open(_services, hop);
        var branch = _services.Transactions.NewBranch();
        TrunkRequests.WriteOptions(_services, Credentials, flow, branch);
        _current = _services.Transactions.Send(SipMethod.Options, branch, _services.Writer.Written, flow, this, now);
        _asked[_current] = (hop, flow, now);
        _patience = _services.Timers.Schedule(now + s_patience, this, PatienceTimer);
    }

    private void EndCurrent(ClientTransaction transaction, TimeSpan now)
    {
        if (transaction == _current)
        {
            _services.Timers.Cancel(_patience);
            _current = null;
            Next(now);
        }
    }

    private void EndRound(TimeSpan now)
    {
        _services.Timers.Cancel(_patience);
        _services.Timers.Cancel(_round);
        _current = null;
        _isAsking = false;
        _hops.Clear();
        var interval = TimeSpan.FromSeconds(Math.Max(1, Trunk.QualifySeconds));
        var status = _services.Trunks.Get(Trunk.Id);
        var isInDoubt = (status.FailuresInARow > 0 && status.Reach != TrunkState.Down) || (status.SuccessesInARow > 0 && status.Reach == TrunkState.Down);
        var wait = isInDoubt && s_doubt < interval ? s_doubt : interval;
        _round = _services.Timers.Schedule(now + BackOff.Between(wait * 0.9, wait * 1.1, _services.Random), this, RoundTimer);
    }
}
