using System.Text;
using Gateway.Server.Trunks;
using Gateway.Testing;
using static Gateway.Server.Trunks.RegistrationActions;
using static Gateway.Server.Trunks.RegistrationInput;
using static Gateway.Server.Trunks.RegistrationState;

namespace Gateway.Server.Tests.Trunks;

/// <summary>The table of our registrations, against what RFC 3261 §10.2 asks of a user agent, written down by hand.</summary>
public sealed class RegistrationTableTests
{
    [Theory, Rfc(3261, "10.2"), Rfc(5626, "4.5")]
    [InlineData(Idle, Start, false, Locating, Locate)]
    [InlineData(Locating, Located, false, Registering, SendRegister)]
    [InlineData(Locating, NotLocated, false, Waiting, ArmRetry | TellFailed)]
    [InlineData(Registering, Challenged, false, Registering, SendRegister)]
    [InlineData(Registering, TooBrief, false, Registering, SendRegister)]
    [InlineData(Registering, HopFailed, false, Registering, NextHop | SendRegister)]
    [InlineData(Registering, Granted, true, Registered, ArmRefresh | TellRegistered)]
    [InlineData(Registering, Refused, false, Waiting, ArmRetry | TellFailed)]
    [InlineData(Registered, RefreshTimer, true, Locating, StopTimers | Locate)]
    [InlineData(Registered, FlowLost, true, Locating, StopTimers | Locate)]
    [InlineData(Registered, Stop, true, Leaving, StopTimers | SendUnregister)]
    [InlineData(Waiting, RetryTimer, false, Locating, StopTimers | Locate)]
    [InlineData(Waiting, Stop, false, Idle, StopTimers | TellStopped)]
    [InlineData(Waiting, Stop, true, Leaving, StopTimers | SendUnregister)]
    [InlineData(Leaving, Challenged, true, Leaving, SendUnregister)]
    [InlineData(Leaving, Granted, false, Idle, TellStopped)]
    [InlineData(Leaving, Refused, true, Idle, TellStopped)]
    public void The_usual_way(RegistrationState state, RegistrationInput input, bool bound, RegistrationState next, RegistrationActions actions) =>
        Assert.Equal((next, actions), RegistrationTable.Next(state, input, bound));

    [Theory, Rfc(3261, "10.2")]
    [InlineData(Registering, Stop, Abandoning)]
    [InlineData(Registering, Start, Restarting)]
    [InlineData(Leaving, Start, Restarting)]
    [InlineData(Abandoning, Start, Restarting)]
    [InlineData(Restarting, Stop, Abandoning)]
    public void No_request_is_sent_before_the_last_one_has_its_answer(RegistrationState state, RegistrationInput input, RegistrationState next)
    {
        foreach (var bound in new[] { false, true })
        {
            Assert.Equal((next, RegistrationActions.None), RegistrationTable.Next(state, input, bound));
        }
    }

    [Fact]
    public void A_request_is_sent_only_where_none_is_under_way()
    {
        // From a state with a request under way only its own end may start the next.
        var underWay = new[] { Registering, Abandoning, Leaving, Restarting };
        var ends = new[] { Granted, Challenged, TooBrief, HopFailed, Refused };
        foreach (var (state, input, bound, _, actions) in All())
        {
            if (underWay.Contains(state) && !ends.Contains(input))
            {
                Assert.Equal(RegistrationActions.None, actions & (SendRegister | SendUnregister | Locate | NextHop));
            }
        }
    }

    [Fact]
    public void Nobody_who_is_bound_becomes_idle_without_having_asked_to_be_taken_out()
    {
        foreach (var (state, input, bound, next, _) in All().Where(step => step.State != Idle && step.Next == Idle && step.Bound))
        {
            Assert.Equal(Leaving, state);
        }
    }

    [Fact]
    public void Every_state_that_waits_for_a_timer_armed_it_and_every_stop_ends_in_idle()
    {
        foreach (var (_, _, _, next, actions) in All().Where(step => step.Next != step.State))
        {
            Assert.Equal(next == Registered, actions.HasFlag(ArmRefresh));
            Assert.Equal(next == Waiting, actions.HasFlag(ArmRetry));
        }

        foreach (var start in Enum.GetValues<RegistrationState>())
        {
            var (state, _) = RegistrationTable.Next(start, Stop, bound: true);
            for (var i = 0; i < 3 && state != Idle; i++)
            {
                (state, _) = RegistrationTable.Next(state, Refused, bound: true);
            }

            Assert.Equal(Idle, state);
        }
    }

    [Fact]
    public void The_page_of_state_machines_shows_the_table() => Assert.Null(GeneratedSection.Compare("docs/state-machines.md", "registrations at trunks", Print()));

    private static IEnumerable<(RegistrationState State, RegistrationInput Input, bool Bound, RegistrationState Next, RegistrationActions Actions)> All() =>
        from state in Enum.GetValues<RegistrationState>()
        from input in Enum.GetValues<RegistrationInput>()
        from bound in new[] { false, true }
        let step = RegistrationTable.Next(state, input, bound)
        select (state, input, bound, step.State, step.Actions);

    private static string Print()
    {
        var page = new StringBuilder("\n## Registrations at trunks\n\nA user agent of RFC 3261 §10.2 with the back-off of RFC 5626 §4.5. \"Bound\": the registrar may still hold a binding of ours. What no row shows changes nothing.\n\n");
        page.Append("| state | input | next | actions |\n|---|---|---|---|\n");
        foreach (var group in All().Where(step => step.Next != step.State || step.Actions != RegistrationActions.None).GroupBy(step => (step.State, step.Input)))
        {
            var steps = group.ToArray();
            var same = steps.Length == 2 && (steps[0].Next, steps[0].Actions) == (steps[1].Next, steps[1].Actions);
            foreach (var (state, input, bound, next, actions) in same ? steps[..1] : steps)
            {
                var when = same ? "" : bound ? ", bound" : ", not bound";
                page.Append($"| {state} | {input}{when} | {next} | {(actions == RegistrationActions.None ? "-" : actions.ToString().Replace(",", "", StringComparison.Ordinal))} |\n");
            }
        }

        return page.Append('\n').ToString();
    }
}
