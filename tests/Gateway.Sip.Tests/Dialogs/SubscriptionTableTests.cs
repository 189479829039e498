using System.Text;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Dialogs;

/// <summary>Both sides of a subscription against the figures of RFC 6665 §4.1.2 and §4.2.2, written down by hand, and the page that shows the tables.</summary>
public sealed class SubscriptionTableTests
{
    /// <summary>state, input, next, actions; what is not here changes nothing.</summary>
    private const string Notifier = """
        Initial Granted      Active  Answer StartExpiry NotifyFull
        Initial Asked        Pending Answer StartExpiry NotifyFull
        Initial Fetched      Ending  Answer NotifyLast
        Pending Approved     Active  NotifyFull
        Pending Refreshed    Pending Answer StopExpiry StartExpiry NotifyFull
        Pending Unsubscribed Ending  Answer StopExpiry NotifyLast
        Pending Expired      Ending  NotifyLast
        Pending Withdrawn    Ending  StopExpiry NotifyLast
        Pending NotifyFailed Over    StopExpiry Remove
        Active  Changed      Active  NotifyChange
        Active  Refreshed    Active  Answer StopExpiry StartExpiry NotifyFull
        Active  Unsubscribed Ending  Answer StopExpiry NotifyLast
        Active  Expired      Ending  NotifyLast
        Active  Withdrawn    Ending  StopExpiry NotifyLast
        Active  NotifyFailed Over    StopExpiry Remove
        Ending  Refreshed    Ending  Refuse
        Ending  Unsubscribed Ending  Refuse
        Ending  LastAnswered Over    Remove
        Ending  NotifyFailed Over    Remove
        Over    Refreshed    Over    Refuse
        Over    Unsubscribed Over    Refuse
        """;

    private const string Subscriber = """
        Initial    Subscribe        NotifyWait Send StartN
        Initial    NotifyPending    Initial    Refuse
        Initial    NotifyActive     Initial    Refuse
        Initial    NotifyTerminated Initial    Refuse
        NotifyWait NotifyPending    Pending    Answer StopN Schedule Tell
        NotifyWait NotifyActive     Active     Answer StopN Schedule Tell
        NotifyWait NotifyTerminated Terminated Answer StopN Tell End
        NotifyWait Gone             Terminated StopN End
        NotifyWait Refused          Terminated StopN End
        NotifyWait TimerN           Terminated End
        NotifyWait Unsubscribe      Terminated StopN End
        Pending    NotifyPending    Pending    Answer StopN Schedule Tell
        Pending    NotifyActive     Active     Answer StopN Schedule Tell
        Pending    NotifyTerminated Terminated Answer StopN Tell End
        Pending    Accepted         Pending    Schedule
        Pending    Gone             Terminated StopN End
        Pending    Refused          Pending    StopN
        Pending    TimerN           Terminated End
        Pending    RefreshDue       Pending    Send StartN
        Pending    Expired          Terminated StopN End
        Pending    Unsubscribe      NotifyWait SendZero StartN
        Active     NotifyPending    Pending    Answer StopN Schedule Tell
        Active     NotifyActive     Active     Answer StopN Schedule Tell
        Active     NotifyTerminated Terminated Answer StopN Tell End
        Active     Accepted         Active     Schedule
        Active     Gone             Terminated StopN End
        Active     Refused          Active     StopN
        Active     TimerN           Terminated End
        Active     RefreshDue       Active     Send StartN
        Active     Expired          Terminated StopN End
        Active     Unsubscribe      NotifyWait SendZero StartN
        Terminated NotifyPending    Terminated Refuse
        Terminated NotifyActive     Terminated Refuse
        Terminated NotifyTerminated Terminated Refuse
        """;

    [Fact]
    [Rfc(6665, "4.2.2"), Row(13), Threat(37)]
    public void The_notifier_does_what_its_figure_says_and_nothing_else() =>
        Compare<NotifierState, NotifierInput, NotifierActions>(Notifier, NotifierTable.Next);

    [Fact]
    [Rfc(6665, "4.1.2"), Row(13), Threat(37)]
    public void The_subscriber_does_what_its_figure_says_and_nothing_else() =>
        Compare<SubscriberState, SubscriberInput, SubscriberActions>(Subscriber, SubscriberTable.Next);

    [Fact]
    [Threat(35)]
    public void From_every_state_a_notifier_gets_to_the_end()
    {
        foreach (var state in new[] { NotifierState.Pending, NotifierState.Active, NotifierState.Ending })
        {
            var (next, actions) = NotifierTable.Next(state, NotifierInput.NotifyFailed);
            Assert.Equal(NotifierState.Over, next);
            Assert.True(actions.HasFlag(NotifierActions.Remove));
        }
    }

    [Fact]
    public void The_page_of_state_machines_shows_the_tables()
    {
        var page = new StringBuilder("\n## Subscriptions\n\nWho is told (RFC 6665 §4.2.2) and who tells (§4.1.2). What no row shows changes nothing.\n");
        Print<NotifierState, NotifierInput, NotifierActions>(page, "Notifier", NotifierTable.Next);
        Print<SubscriberState, SubscriberInput, SubscriberActions>(page, "Subscriber", SubscriberTable.Next);
        Assert.Null(GeneratedSection.Compare("docs/state-machines.md", "subscriptions", page.Append('\n').ToString()));
    }

    private static void Compare<TState, TInput, TActions>(string rows, Func<TState, TInput, (TState, TActions)> next)
        where TState : struct, Enum where TInput : struct, Enum where TActions : struct, Enum
    {
        var written = rows.Split('\n').Select(row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToDictionary(
            words => (Enum.Parse<TState>(words[0]), Enum.Parse<TInput>(words[1])),
            words => (Enum.Parse<TState>(words[2]), Enum.Parse<TActions>(string.Join(',', words[3..]))));
        foreach (var state in Enum.GetValues<TState>())
        {
            foreach (var input in Enum.GetValues<TInput>())
            {
                var expected = written.TryGetValue((state, input), out var row) ? row : (state, default);
                Assert.True(expected.Equals(next(state, input)), $"{state} {input}: {next(state, input)}");
            }
        }
    }

    private static void Print<TState, TInput, TActions>(StringBuilder page, string name, Func<TState, TInput, (TState Next, TActions Actions)> next)
        where TState : struct, Enum where TInput : struct, Enum where TActions : struct, Enum
    {
        page.Append($"\n### {name}\n\n| state | input | next | actions |\n|---|---|---|---|\n");
        foreach (var state in Enum.GetValues<TState>())
        {
            foreach (var input in Enum.GetValues<TInput>())
            {
                var (after, actions) = next(state, input);
                if (after.Equals(state) && actions.Equals(default(TActions))) continue;
                page.Append($"| {state} | {input} | {after} | {(actions.Equals(default(TActions)) ? "-" : actions.ToString().Replace(",", "", StringComparison.Ordinal))} |\n");
            }
        }
    }
}
