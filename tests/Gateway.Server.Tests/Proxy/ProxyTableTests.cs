using System.Globalization;
using System.Text;
using Gateway.Server.Proxy;
using Gateway.Testing;

namespace Gateway.Server.Tests.Proxy;

/// <summary>The tables of contexts, branches and proxied calls against rows written by hand from RFC 3261 §16, and the page that shows them.</summary>
public sealed class ProxyTableTests
{
    /// <summary>state, input, next, actions; what is not here changes nothing.</summary>
    private const string ContextRows = """
        New        Start       Proceeding AskTargets
        New        Exhausted   Refused    ForwardBest
        Proceeding Provisional Proceeding ForwardProvisional
        Proceeding Success     Answered   ForwardSuccess CancelBranches DropTargets
        Proceeding Global      Stopping   CancelBranches DropTargets
        Proceeding Cancel      Stopping   CancelBranches DropTargets
        Proceeding RingLimit   Proceeding CancelBranches
        Proceeding Idle        Proceeding AskTargets
        Proceeding Exhausted   Refused    ForwardBest
        Stopping   Provisional Stopping   ForwardProvisional
        Stopping   Success     Answered   ForwardSuccess CancelBranches DropTargets
        Stopping   Exhausted   Refused    ForwardBest
        Answered   Success     Answered   ForwardSuccess
        """;

    private const string BranchRows = """
        New        Send           Calling    Send StartC
        New        Resolve        Resolving
        New        NoWay          Failed     Fail
        New        Cancel         Failed     Fail
        Resolving  Send           Calling    Send StartC
        Resolving  NoWay          Failed     Fail
        Resolving  Cancel         Failed     Fail
        Calling    Trying         Proceeding
        Calling    Provisional    Proceeding StopC StartC Report
        Calling    HopFailed      Calling    StopC Send StartC
        Calling    TimerC         Failed     Fail
        Calling    Cancel         Cancelling StopC SendCancel
        Calling    Success        Answered   StopC Report
        Calling    Refusal        Failed     StopC Fail
        Calling    Timeout        Failed     StopC Fail
        Calling    TransportError Failed     StopC Fail
        Proceeding Trying         Proceeding
        Proceeding Provisional    Proceeding StopC StartC Report
        Proceeding HopFailed      Calling    StopC Send StartC
        Proceeding TimerC         Cancelling SendCancel
        Proceeding Cancel         Cancelling StopC SendCancel
        Proceeding Success        Answered   StopC Report
        Proceeding Refusal        Failed     StopC Fail
        Proceeding Timeout        Failed     StopC Fail
        Proceeding TransportError Failed     StopC Fail
        Cancelling Provisional    Cancelling Report
        Cancelling Success        Answered   StopC Report
        Cancelling Refusal        Failed     StopC Fail
        Cancelling Timeout        Failed     StopC Fail
        Cancelling TransportError Failed     StopC Fail
        Answered   Success        Answered   Report
        """;

    private const string CallRows = """
        Trying    Progress       Ringing
        Trying    AnswerAndStay  Connected StartRecord WatchSession
        Trying    AnswerAndLeave Ended     StartRecord EndUnobserved
        Trying    Refused        Ended     EndRecord
        Trying    Shutdown       Ended     EndRecord
        Trying    Fault          Ended     EndRecord
        Ringing   AnswerAndStay  Connected StartRecord WatchSession
        Ringing   AnswerAndLeave Ended     StartRecord EndUnobserved
        Ringing   Refused        Ended     EndRecord
        Ringing   Shutdown       Ended     EndRecord
        Ringing   Fault          Ended     EndRecord
        Connected Bye            Ended     EndRecord
        Connected SessionExpired Ended     EndRecord
        Connected TooLong        Ended     EndUnobserved
        Connected Shutdown       Ended     EndUnobserved
        Connected Fault          Ended     EndUnobserved
        """;

    [Fact]
    [Rfc(3261, "16.7"), Rfc(3261, "16.10")]
    [Row(27), Row(44)]
    public void The_table_of_contexts_says_what_the_RFC_says() => Check<ContextState, ContextInput, ContextActions>(ContextRows, ContextTable.Next);

    [Fact]
    [Rfc(3261, "16.6"), Rfc(3261, "16.8"), Rfc(3261, "16.9")]
    [Row(30)]
    public void The_table_of_branches_says_what_the_RFC_says() => Check<BranchState, BranchInput, BranchActions>(BranchRows, BranchTable.Next);

    [Fact]
    [Row(46)]
    public void The_table_of_proxied_calls_knows_every_end() => Check<ProxiedCallState, ProxiedCallInput, ProxiedCallActions>(CallRows, ProxiedCallTable.Next);

    [Fact]
    public void The_page_of_state_machines_shows_the_tables() => Assert.Null(GeneratedSection.Compare("docs/state-machines.md", "proxy", Print()));

    private static void Check<TState, TInput, TActions>(string rows, Func<TState, TInput, (TState, TActions)> table)
        where TState : struct, Enum
        where TInput : struct, Enum
        where TActions : struct, Enum
    {
        var written = new Dictionary<(TState, TInput), (TState, TActions)>();
        foreach (var line in rows.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var actions = words.Length > 3 ? Enum.Parse<TActions>(string.Join(',', words[3..])) : default;
            written.Add((Enum.Parse<TState>(words[0]), Enum.Parse<TInput>(words[1])), (Enum.Parse<TState>(words[2]), actions));
        }

        foreach (var state in Enum.GetValues<TState>())
        {
            foreach (var input in Enum.GetValues<TInput>())
            {
                Assert.Equal(written.TryGetValue((state, input), out var row) ? row : (state, default), table(state, input));
            }
        }
    }

    private static string Print()
    {
        var text = new StringBuilder("\n## Proxy\n\nA response context (RFC 3261 §16.7): one request that is forwarded, whatever number of branches it has.\n");
        Table<ContextState, ContextInput, ContextActions>(text, ContextTable.Next);
        text.Append("\nA branch of it: one target, and the client transaction toward it.\n");
        Table<BranchState, BranchInput, BranchActions>(text, BranchTable.Next);
        text.Append("\nA proxied call, as its record tells of it.\n");
        Table<ProxiedCallState, ProxiedCallInput, ProxiedCallActions>(text, ProxiedCallTable.Next);
        return text.Append('\n').ToString();
    }

    private static void Table<TState, TInput, TActions>(StringBuilder text, Func<TState, TInput, (TState State, TActions Actions)> table)
        where TState : struct, Enum
        where TInput : struct, Enum
        where TActions : struct, Enum
    {
        text.Append("\n| state | input | next | actions |\n|---|---|---|---|\n");
        foreach (var state in Enum.GetValues<TState>())
        {
            foreach (var input in Enum.GetValues<TInput>())
            {
                var (next, actions) = table(state, input);
                if (!next.Equals(state) || !actions.Equals(default(TActions)))
                {
                    text.Append(CultureInfo.InvariantCulture, $"| {state} | {input} | {next} | {(actions.Equals(default(TActions)) ? "" : actions)} |\n");
                }
            }
        }
    }
}
