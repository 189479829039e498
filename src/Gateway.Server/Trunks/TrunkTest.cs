using System.Collections.Immutable;
using System.Net;
using System.Text;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Server.Trunks;

/// <summary>
/// One run of "test this trunk": DNS, the way there, OPTIONS, registration, each in words with what to do. It changes nothing:
/// a registration that stands is refreshed, another is only asked for (RFC 3261 §10.2.3). Loop-only; it always ends.
/// </summary>
internal sealed class TrunkTest : ITimerTarget, IClientTransactionOwner
{
    private const int PatienceTimer = 0;
    private const int LimitTimer = 1;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(25);

    /// <summary>The steps behind DNS.</summary>
    private static readonly ImmutableArray<string> s_later = ["reach", "options", "register"];

    private enum Stage : byte
    {
        Dns,
        Options,
        Register,
        Over,
    }

    private readonly LoopServices _services;
    private readonly TrunkCredentials _credentials;
    private readonly TrunkRegistration? _standing;
    private readonly Action<TrunkTestResult> _done;
    private readonly List<TrunkTestStep> _steps = [];
    private readonly List<string> _silent = [];
    private readonly Queue<NextHop> _hops = [];
    private readonly RegistrationRequests _requests;
    private Stage _stage;
    private NextHop? _hop;
    private Flow _flow;
    private TrunkLogin? _login;
    private ClientTransaction? _transaction;
    private TimerHandle _patience;
    private TimerHandle _limit;
    private TimeSpan _stageAt;

    /// <param name="credentials">Of the trunk, or of one of its extensions; it need not be configured.</param>
    /// <param name="standing">The registration that runs with the same settings; null when there is none.</param>
    public TrunkTest(LoopServices services, TrunkCredentials credentials, TrunkRegistration? standing, Action<TrunkTestResult> done)
    {
        _services = services;
        _credentials = credentials;
        _standing = standing;
        _done = done;
        _requests = new RegistrationRequests(services);
    }

    private Trunk Trunk => _credentials.Trunk;

    public void Start(TimeSpan now)
    {
        _stageAt = now;
        _limit = _services.Timers.Schedule(now + s_limit, this, LimitTimer);
        TrunkHops.Find(_services, _credentials.RegistrarHop, Trunk.Id, found =>
        {
            if (_stage == Stage.Dns)
            {
                OnFound(found, _services.Now());
            }
        });
    }

    public void OnTimer(int kind, TimeSpan now)
    {
        if (kind == LimitTimer)
        {
            Add(NameOf(_stage), TestVerdict.Failed, $"It took longer than {s_limit.TotalSeconds:0} s and was given up.", now);
            Finish();
            return;
        }

        OnSilence($"no answer from {TrunkHops.Words(_hop!)} within {s_patience.TotalSeconds:0} s", TransactionFailure.Timeout, now);
    }

    public void OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now)
    {
        if (transaction != _transaction || response.IsProvisional)
        {
            return;
        }

        EndRequest();
        if (_stage == Stage.Options)
        {
            OnOptions(response, now);
        }
        else
        {
            OnRegister(response, now);
        }
    }

    public void OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now)
    {
        if (transaction == _transaction)
        {
            OnSilence(TrunkHops.WhyFailed(_services, _hop!, _flow, failure), failure, now);
        }
    }

    private void OnFound(NextHops found, TimeSpan now)
    {
        var host = _credentials.RegistrarHop.Host;
        foreach (var hop in found.Hops)
        {
            _hops.Enqueue(hop);
        }

        if (_hops.Count == 0)
        {
            var why = found.Error.Length > 0 ? found.Error : $"{host} has no address";
            Add("dns", TestVerdict.Failed, $"{why}. Check the spelling of the host, the name server of this machine, or enter an address.", now, found.Steps);
            Finish();
            return;
        }

        var list = string.Join(", ", found.Hops.Select(TrunkHops.Words));
        Add("dns", TestVerdict.Passed, IPAddress.TryParse(host, out _) ? $"{host} is an address: DNS is not needed." : $"{host} leads to {list}.", now, found.Steps);
        _stage = Stage.Options;
        NextHop(now);
    }

    private void NextHop(TimeSpan now)
    {
        _hop = _hops.Dequeue();
        _stageAt = now;
        _flow = TrunkHops.Open(_services, _hop with { Tls = Trunk.Tls });
        var branch = _services.Transactions.NewBranch();
        TrunkRequests.WriteOptions(_services, _credentials, _flow, branch);
        Send(SipMethod.Options, branch, now);
    }

    private void OnOptions(SipResponse response, TimeSpan now)
    {
        var way = _flow.Transport switch
        {
            SipTransport.Tls => $"{_hop!.Remote} took the TLS connection, and its certificate is good for {_hop.Name}.",
            SipTransport.Tcp => $"{_hop!.Remote} took the TCP connection.",
            _ => $"{_hop!.Remote} answers over UDP.",
        };
        var (verdict, text) = _silent.Count > 0
            ? (TestVerdict.Warning, $"{way} Before it: {string.Join("; ", _silent)}.")
            : (TestVerdict.Passed, way);
        Add("reach", verdict, text, now);
        var said = $"{response.StatusCode} {Encoding.UTF8.GetString(response.ReasonPhrase)}";
        Add("options", response.StatusCode == 503 ? TestVerdict.Failed : TestVerdict.Passed, response.StatusCode switch
        {
            < 300 => $"It answered {said}.",
            503 => $"It answered {said}: it says itself that it cannot serve now. Ask whoever runs it.",
            401 or 403 or 407 => $"It answered {said}: it is there. It does not answer OPTIONS to everybody, which is no fault.",
            _ => $"It answered {said}: it is there, whatever it thinks of the question.",
        }, now);
        Register(now);
    }

    private void OnSilence(string reason, TransactionFailure failure, TimeSpan now)
    {
        EndRequest();
        if (_stage == Stage.Register)
        {
            Add("register", TestVerdict.Failed, $"{Sentence(reason)} It answers OPTIONS but not REGISTER: registrations may go to another host, or be blocked for this address.", now);
            Finish();
            return;
        }

        _silent.Add(reason);
        if (_hops.Count > 0)
        {
            NextHop(now);
            return;
        }

        Add("reach", TestVerdict.Failed, $"{Sentence(string.Join("; ", _silent))} {Advice(failure)}", now);
        Finish();
    }

    private void Register(TimeSpan now)
    {
        _stage = Stage.Register;
        _stageAt = now;
        if (Trunk.Type == TrunkKind.Peer || (Trunk.Type == TrunkKind.Extensions && _credentials.Extension is null))
        {
            Add("register", TestVerdict.Skipped, Trunk.Type == TrunkKind.Peer ? "A peer is known by its address: nothing is registered." : "There is no extension yet to register.", now);
            Finish();
        }
        else if (_standing is { } standing)
        {
            standing.Settled += OnSettled;
            standing.Start(now);
        }
        else
        {
            _login = _credentials.BeginLogin();
            Fetch(now);
        }
    }

    private void OnSettled(TrunkRegistration registration)
    {
        registration.Settled -= OnSettled;
        if (_stage == Stage.Register)
        {
            var now = _services.Now();
            var isGood = registration.State == RegistrationState.Registered;
            Add("register", isGood ? TestVerdict.Passed : TestVerdict.Failed,
                isGood ? $"{Aor} is registered." : registration.LastReason.Length > 0 ? Sentence(registration.LastReason) : "It was switched off meanwhile.", now);
            Finish();
        }
    }

    private void Fetch(TimeSpan now)
    {
        var branch = _services.Transactions.NewBranch();
        _requests.WriteFetch(_credentials, _flow, branch, _login!);
        Send(SipMethod.Register, branch, now);
    }

    private void OnRegister(SipResponse response, TimeSpan now)
    {
        if (response.StatusCode is 401 or 407)
        {
            var verdict = _login!.Take(response);
            if (verdict == DigestVerdict.Answer)
            {
                Fetch(now);
                return;
            }

            Add("register", TestVerdict.Failed, Sentence(_login.Explain(verdict)), now);
        }
        else if (response.IsSuccess)
        {
            Add("register", TestVerdict.Passed, $"{Aor} may register: the login was accepted. Nothing was registered by this test.", now);
        }
        else
        {
            Add("register", TestVerdict.Failed, Sentence(RegistrationRequests.Said(response, _credentials, _hop!)), now);
        }

        Finish();
    }

    private void Send(SipMethod method, string branch, TimeSpan now)
    {
        _transaction = _services.Transactions.Send(method, branch, _services.Writer.Written, _flow, this, now);
        _patience = _services.Timers.Schedule(now + s_patience, this, PatienceTimer);
    }

    private void EndRequest()
    {
        if (_transaction is { } asked)
        {
            _services.Transactions.Abandon(asked);
        }

        _transaction = null;
        _services.Timers.Cancel(_patience);
    }

    private void Add(string name, TestVerdict verdict, string text, TimeSpan now, ImmutableArray<string> details = default)
    {
        _steps.Add(new TrunkTestStep(name, verdict, (int)(now - _stageAt).TotalMilliseconds, text) { Details = details.IsDefault ? [] : details });
    }

    private void Finish()
    {
        EndRequest();
        _stage = Stage.Over;
        _services.Timers.Cancel(_limit);
        if (_standing is { } standing)
        {
            standing.Settled -= OnSettled;
        }

        foreach (var missing in s_later.Where(name => _steps.TrueForAll(step => step.Name != name)))
        {
            _steps.Add(new TrunkTestStep(missing, TestVerdict.Skipped, 0, "Not tried, as an earlier step failed."));
        }

        var worst = _steps.MaxBy(step => step.Verdict)!;
        _done(new TrunkTestResult
        {
            Trunk = Trunk.Id,
            At = _services.UtcNow(),
            Verdict = worst.Verdict == TestVerdict.Skipped ? TestVerdict.Passed : worst.Verdict,
            Text = worst.Verdict switch
            {
                TestVerdict.Failed => worst.Text,
                TestVerdict.Warning => $"The trunk works, with a flaw. {worst.Text}",
                _ => Trunk.Type == TrunkKind.Peer ? "The trunk answers." : "The trunk answers, and lets us register.",
            },
            Steps = [.. _steps],
        });
    }

    private string Advice(TransactionFailure failure)
    {
        var us = _services.Transport.SentBy(_flow);
        return _hop!.Transport switch
        {
            SipTransport.Udp when failure == TransactionFailure.Timeout =>
                $"Check address and port, that no firewall drops UDP, and that the other side knows this gateway's address ({us}): many answer only to addresses that they know.",
            SipTransport.Udp => "Nothing listens there, or the network has no way to it: check address and port.",
            SipTransport.Tls => $"Check address and port, that a firewall lets TCP through, and the certificate: its name has to be {_hop.Name}, and its authority known here or entered with the trunk.",
            _ => "Check address and port, and that a firewall lets TCP through.",
        };
    }

    private string Aor => $"{_credentials.User}@{_credentials.Domain}";

    private static string NameOf(Stage stage) => stage switch
    {
        Stage.Dns => "dns",
        Stage.Options => "reach",
        _ => "register",
    };

    private static string Sentence(string text) => $"{char.ToUpperInvariant(text[0])}{text[1..]}{(text.EndsWith('.') ? "" : ".")}";
}
