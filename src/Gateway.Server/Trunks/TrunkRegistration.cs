using System.Collections.Immutable;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Server.Trunks;

/// <summary>
/// One registration of ours at a trunk's registrar, of the trunk or of one extension: runs <see cref="RegistrationTable"/>
/// with a Call-ID and a Contact that stay (RFC 3261 §10.2). Loop-only.
/// </summary>
internal sealed class TrunkRegistration : ITimerTarget, IClientTransactionOwner
{
    private const int RefreshTimer = 0;
    private const int RetryTimer = 1;
    private const int PatienceTimer = 2;

    /// <summary>A refused login waits as long as after so many failures: four minutes and more.</summary>
    private const int FailuresOfWrongLogin = 4;

    /// <summary>How long a hop may be silent while there is another; the last one has all of its transaction's time.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(6);

    /// <summary>A connection that ends sooner after the registration is no accident.</summary>
    private static readonly TimeSpan s_stable = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_spread = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan s_shortestRetry = TimeSpan.FromSeconds(5);

    private readonly LoopServices _services;
    private readonly RegistrationRequests _requests;
    private readonly Queue<NextHop> _hops = [];
    private NextHop? _hop;
    private Flow _flow;
    private ClientTransaction? _transaction;
    private bool _isRemoval;
    private TrunkLogin? _login;
    private TimerHandle _timer;
    private TimerHandle _patience;
    private int _locating;
    private int _failures;
    private TimeSpan _retryAfter;
    private TimeSpan _boundUntil;
    private TimeSpan _registeredAt;
    private string _asked = "";
    private string? _bound;

    public TrunkRegistration(LoopServices services, TrunkCredentials credentials)
    {
        _services = services;
        Credentials = credentials;
        _requests = new RegistrationRequests(services);
    }

    public TrunkCredentials Credentials { get; private set; }

    public RegistrationState State { get; private set; }

    public bool IsIdle => State == RegistrationState.Idle;

    /// <summary>Why the last attempt failed; empty when it did not.</summary>
    public string LastReason { get; private set; } = "";

    public DateTimeOffset? RegisteredUntil { get; private set; }

    /// <summary>registered, registering…, or why it is not.</summary>
    public string Words { get; private set; } = "";

    /// <summary>Hears of each change that people may see: whoever it is for now.</summary>
    public Action<TrunkRegistration, TimeSpan>? Changed { get; set; }

    /// <summary>Registered, refused or out: each attempt ends so.</summary>
    public event Action<TrunkRegistration>? Settled;

    public bool IsBound(TimeSpan now) => now < _boundUntil;

    public void Start(TimeSpan now)
    {
        _failures = 0;
        Fire(RegistrationInput.Start, now);
    }

    public void Stop(TimeSpan now) => Fire(RegistrationInput.Stop, now);

    /// <summary>The same registration with another password, proxy or interval: asked for anew at once.</summary>
    public void Change(TrunkCredentials credentials, TimeSpan now)
    {
        Credentials = credentials;
        Start(now);
    }

    /// <summary>The trunk changed in something that the registrar never sees.</summary>
    public void Use(TrunkCredentials credentials) => Credentials = credentials;

    public void OnFlowClosed(in Flow flow, TimeSpan now)
    {
        if (State != RegistrationState.Registered || flow.Connection == 0 || flow.Connection != _flow.Connection)
        {
            return;
        }

        LastReason = TrunkHops.WhyFailed(_services, _hop!, flow, TransactionFailure.Transport);
        if (Credentials.Extension is not null && now - _registeredAt >= s_stable)
        {
            // All extensions of a PBX share one connection: they do not come back in one burst (RFC 5626 §4.5).
            _services.Timers.Cancel(_timer);
            _timer = _services.Timers.Schedule(now + BackOff.Between(TimeSpan.Zero, s_spread, _services.Random), this, RefreshTimer);
            return;
        }

        Fire(now - _registeredAt < s_stable ? RegistrationInput.Refused : RegistrationInput.FlowLost, now);
    }

    public void OnTimer(int kind, TimeSpan now)
    {
        switch (kind)
        {
            case RefreshTimer:
                Fire(RegistrationInput.RefreshTimer, now);
                break;
            case RetryTimer:
                Fire(RegistrationInput.RetryTimer, now);
                break;
            default:
                // Its repeats end here: the registrar must not hear a late one of them behind a newer request (§10.2).
                _services.Transactions.Abandon(_transaction!);
                _transaction = null;
                _services.NextHops?.Failed(_hop!);
                FailHop($"no answer from {TrunkHops.Words(_hop!)}", now);
                break;
        }
    }

    public void OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now)
    {
        if (transaction != _transaction || response.IsProvisional)
        {
            return;
        }

        EndRequest();
        TrunkHops.Heard(_services, _hop!, response);
        switch (response.StatusCode)
        {
            case < 300:
                OnGranted(response, now);
                break;
            case 401 or 407:
                var verdict = _login!.Take(response);
                if (verdict == DigestVerdict.Answer)
                {
                    Fire(RegistrationInput.Challenged, now);
                }
                else
                {
                    // A wrong password does not become right by itself, and who sends it often is locked out by many a PBX.
                    _failures = Math.Max(_failures, FailuresOfWrongLogin);
                    Refuse(_login.Explain(verdict), response, now);
                }

                break;
            case 423 when _requests.TryLengthen(response):
                Fire(RegistrationInput.TooBrief, now);
                break;
            // RFC 3263 §4.3: a server that is broken or overloaded is left for the next; a refusal is a refusal everywhere.
            case 408 or 430 or >= 500 and < 600 when _hops.Count > 0:
                FailHop(RegistrationRequests.Said(response, Credentials, _hop!), now);
                break;
            default:
                Refuse(RegistrationRequests.Said(response, Credentials, _hop!), response, now);
                break;
        }
    }

    public void OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now)
    {
        if (transaction == _transaction)
        {
            EndRequest();
            _services.NextHops?.Failed(_hop!);
            FailHop(TrunkHops.WhyFailed(_services, _hop!, _flow, failure), now);
        }
    }

    /// <summary>A keep-alive says that a UDP flow has failed, or that our address on it is another (RFC 5626 §4.5): the registrar has to be told.</summary>
    public void OnFlowFailed(in Flow flow, TimeSpan now)
    {
        if (State == RegistrationState.Registered && flow.Connection == 0 && _flow.Connection == 0 && _flow.Remote.Equals(flow.Remote))
        {
            LastReason = "the address that it sees us under has changed, or it answers no more";
            Fire(RegistrationInput.FlowLost, now);
        }
    }

    private void OnGranted(SipResponse response, TimeSpan now)
    {
        if (_isRemoval)
        {
            _services.Connector?.Keep(_flow, TimeSpan.Zero);
            _boundUntil = TimeSpan.Zero;
            _bound = null;
        }
        else
        {
            _bound = _asked;
            var granted = _requests.Granted(response, Credentials);
            _boundUntil = now + granted;
            _services.Connector?.Keep(_flow, granted);
            _registeredAt = now;
            RegisteredUntil = _services.UtcNow() + granted;
            _failures = 0;
            LastReason = "";
            _services.Trunks.Memory.SetRoutes(Credentials.Trunk.Id, Credentials.User, RegistrationRequests.ServiceRoute(response));
        }

        Fire(RegistrationInput.Granted, now);
    }

    private void FailHop(string reason, TimeSpan now)
    {
        LastReason = reason;
        _retryAfter = TimeSpan.Zero;
        Fire(_hops.Count > 0 ? RegistrationInput.HopFailed : RegistrationInput.Refused, now);
    }

    private void Refuse(string reason, SipResponse response, TimeSpan now)
    {
        LastReason = reason;
        _retryAfter = response.TryGetNumber(HeaderId.RetryAfter, out var seconds) ? TimeSpan.FromSeconds(seconds) : TimeSpan.Zero;
        if (response.StatusCode is < 500 and not 408 and not 423)
        {
            // It answered, and clearly: what it may have held of us is not counted on.
            _boundUntil = TimeSpan.Zero;
        }

        Fire(RegistrationInput.Refused, now);
    }

    private void Fire(RegistrationInput input, TimeSpan now)
    {
        var (state, actions) = RegistrationTable.Next(State, input, IsBound(now));
        var before = State;
        State = state;
        if (actions.HasFlag(RegistrationActions.StopTimers))
        {
            _services.Timers.Cancel(_timer);
        }

        if (actions.HasFlag(RegistrationActions.Locate))
        {
            Locate();
        }

        if (actions.HasFlag(RegistrationActions.NextHop))
        {
            _hop = _hops.Dequeue();
        }

        if ((actions & (RegistrationActions.SendRegister | RegistrationActions.SendUnregister)) != 0)
        {
            // A repeat of the same request keeps what it learnt of the challenges, so that a wrong password ends it.
            if (input is not (RegistrationInput.Challenged or RegistrationInput.TooBrief) || _login is null)
            {
                _login = Credentials.BeginLogin();
            }

            Send(actions.HasFlag(RegistrationActions.SendRegister), now);
        }

        Arm(actions, now);
        Tell(before, actions, now);
    }

    private void Locate()
    {
        var asked = ++_locating;
        _hops.Clear();
        _requests.Begin(Credentials.Trunk);
        TrunkHops.Find(_services, Credentials.RegistrarHop, Credentials.Trunk.Id, found =>
        {
            if (asked == _locating && State == RegistrationState.Locating)
            {
                OnLocated(found, _services.Now());
            }
        });
    }

    private void OnLocated(NextHops found, TimeSpan now)
    {
        foreach (var hop in found.Hops)
        {
            _hops.Enqueue(hop);
        }

        if (!_hops.TryDequeue(out var first))
        {
            LastReason = found.Error.Length > 0 ? found.Error : $"{Credentials.RegistrarHop.Host} has no address";
            _retryAfter = TimeSpan.Zero;
            Fire(RegistrationInput.NotLocated, now);
            return;
        }

        _hop = first;
        Fire(RegistrationInput.Located, now);
    }

    private void Send(bool register, TimeSpan now)
    {
        _isRemoval = !register;
        _flow = TrunkHops.Open(_services, _hop!);
        var branch = _services.Transactions.NewBranch();
        // Another transport or interface makes another Contact: the one before goes in the same request (§10.2.2).
        var contact = Credentials.Contact(_flow);
        var old = IsBound(now) && _bound != contact ? _bound : null;
        _asked = register ? contact : _bound ?? contact;
        _requests.Write(Credentials, _flow, branch, _login!, _asked, register ? old : null, register);
        _transaction = _services.Transactions.Send(SipMethod.Register, branch, _services.Writer.Written, _flow, this, now);
        if (_hops.Count > 0)
        {
            _patience = _services.Timers.Schedule(now + s_patience, this, PatienceTimer);
        }
    }

    private void EndRequest()
    {
        _transaction = null;
        _services.Timers.Cancel(_patience);
    }

    private void Arm(RegistrationActions actions, TimeSpan now)
    {
        if (actions.HasFlag(RegistrationActions.ArmRefresh))
        {
            _timer = _services.Timers.Schedule(now + BackOff.Refresh(_boundUntil - now, _services.Random), this, RefreshTimer);
        }
        else if (actions.HasFlag(RegistrationActions.ArmRetry))
        {
            var wait = BackOff.After(++_failures, _retryAfter, _services.Random);
            if (IsBound(now) && _retryAfter == TimeSpan.Zero)
            {
                // What stands is still good for a while: it is worth more than one try to keep it.
                var half = (_boundUntil - now) / 2;
                half = half > s_shortestRetry ? half : s_shortestRetry;
                wait = half < wait ? half : wait;
            }

            _timer = _services.Timers.Schedule(now + wait, this, RetryTimer);
        }
    }

    private void Tell(RegistrationState before, RegistrationActions actions, TimeSpan now)
    {
        if (actions.HasFlag(RegistrationActions.TellStopped))
        {
            RegisteredUntil = null;
            Words = "";
        }
        else if (actions.HasFlag(RegistrationActions.TellRegistered))
        {
            Words = "registered";
        }
        else if (actions.HasFlag(RegistrationActions.TellFailed))
        {
            Words = IsBound(now) ? "registered, but the last refresh failed" : "not registered";
            RegisteredUntil = IsBound(now) ? RegisteredUntil : null;
        }
        else if (actions.HasFlag(RegistrationActions.Locate) && !IsBound(now) && before != RegistrationState.Waiting)
        {
            Words = "registering";
        }
        else
        {
            return;
        }

        Changed?.Invoke(this, now);
        if ((actions & (RegistrationActions.TellRegistered | RegistrationActions.TellFailed | RegistrationActions.TellStopped)) is var settled && settled != 0)
        {
            _services.Metrics.TrunkRegistration(settled switch
            {
                RegistrationActions.TellRegistered => "granted",
                RegistrationActions.TellFailed => "failed",
                _ => "ended",
            });
            Settled?.Invoke(this);
        }
    }
}
