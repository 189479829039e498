using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Server.Routing;

/// <summary>
/// Asks the sources of one plan, one after another, until one of them leads somewhere. Runs on the loop that asks and never
/// waits there: each question has a number, and what comes late is not heard any more.
/// </summary>
internal sealed class LocationSearch(LoopServices services, RoutePlanner routes, Caller caller, RoutePlan.ToLocation asked, Action<RoutePlan> done) : ITimerTarget
{
    /// <summary>Targets of one answer that are looked at.</summary>
    private const int MostTargets = 8;

    /// <summary>Sources answer sooner by themselves, that they failed; this is for one that does not keep to it.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(12);

    private readonly List<string> _steps = [.. asked.Why];
    private TimerHandle _deadline;
    private int _question;
    private bool _isOver;

    /// <summary>What was asked so far and what came of it.</summary>
    public IReadOnlyList<string> Steps => _steps;

    /// <summary>Asks the first; the plan comes later, never inside this call.</summary>
    public void Start(TimeSpan now)
    {
        _deadline = services.Timers.Schedule(now + s_patience, this, 0);
        AskNext();
    }

    /// <summary>Nobody waits for it any more.</summary>
    public void Stop()
    {
        _isOver = true;
        services.Timers.Cancel(_deadline);
    }

    void ITimerTarget.OnTimer(int kind, TimeSpan now)
    {
        _steps.Add("no location source answered in time");
        End(asked.Otherwise);
    }

    private void AskNext()
    {
        if (_question >= asked.Sources.Length)
        {
            End(asked.Otherwise);
            return;
        }

        var source = asked.Sources[_question];
        var question = ++_question;
        source.Ask(asked.Question, services.Scheduler, answer => OnAnswer(question, source.Name, answer));
    }

    private void OnAnswer(int question, string source, LocationAnswer answer)
    {
        if (_isOver || question != _question) return;
        _steps.Add($"{source}: {Words(answer)}");
        _steps.AddRange(answer.Steps.Select(step => $"{source}: {step}"));
        foreach (var target in answer.Targets.Take(MostTargets))
        {
            var plan = routes.Located(caller, asked, target);
            _steps.Add($"{source} says {target}");
            _steps.AddRange(plan.Why);
            if (plan is RoutePlan.Reject) continue;
            End(plan);
            return;
        }

        AskNext();
    }

    private void End(RoutePlan plan)
    {
        Stop();
        done(plan with { Why = [.. _steps], Rule = asked.Rule ?? plan.Rule, Dialled = asked.Dialled, MaxDuration = asked.MaxDuration });
    }

    private static string Words(LocationAnswer answer)
    {
        var what = answer.Outcome switch
        {
            LocationOutcome.Found => answer.Targets.Length == 1 ? "1 answer" : $"{answer.Targets.Length} answers",
            LocationOutcome.NotFound => "not known there",
            _ => answer.Detail,
        };
        var when = answer.IsStale ? "remembered, and expired: it does not answer now" : answer.IsRemembered ? "remembered" : $"{answer.Took.TotalMilliseconds:0} ms";
        return $"{what} ({when})";
    }
}
