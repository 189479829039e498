using System.Text;
using Gateway.Server.Calls;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>The table of a call against rows written by hand from RFC 3261 §9, §13 and §15, and the page that shows it.</summary>
public class CallTableTests
{
    /// <summary>state, input, next, actions; what is not here changes nothing.</summary>
    private const string Rows = """
        New        Placed        Trying     InviteContacts
        New        Asked         Locating   InviteContacts
        Locating   Placed        Trying     None
        Locating   ServicePlaced Answering  TakeAnswer StartRecord
        Locating   AllFailed     Ending     CancelForks RejectCaller CloseMedia
        Locating   Refused       Ending     CancelForks RejectCaller CloseMedia
        Locating   Cancel        Ending     CancelForks RejectCaller CloseMedia
        Locating   CallerBye     Ending     CancelForks RejectCaller CloseMedia
        Locating   RingLimit     Ending     CancelForks RejectCaller CloseMedia
        Locating   CallerGone    Ending     CancelForks RejectCaller CloseMedia
        Locating   MediaLost     Ending     CancelForks RejectCaller CloseMedia
        Locating   Shutdown      Ending     CancelForks RejectCaller CloseMedia
        New        ServicePlaced Answering  TakeAnswer StartRecord
        New        Originated    Originating RingCaller
        Originating CallerAnswered Trying   TakeCaller InviteContacts
        Originating ServicePlaced Answering TakeCaller TakeAnswer StartRecord
        Originating AllFailed    Ending     CancelForks RejectCaller CloseMedia
        Originating Refused      Ending     CancelForks RejectCaller CloseMedia
        Originating RingLimit    Ending     CancelForks RejectCaller CloseMedia
        Originating MediaLost    Ending     CancelForks RejectCaller CloseMedia
        Originating Shutdown     Ending     CancelForks RejectCaller CloseMedia
        New        Refused       Ending     CancelForks RejectCaller CloseMedia
        New        Shutdown      Ending     CancelForks RejectCaller CloseMedia
        Trying     Progress      Ringing    ForwardProgress
        Trying     Answer        Answering  TakeAnswer CancelForks StartRecord
        Trying     HandedOn      Trying     InviteContacts
        Trying     ServicePlaced Answering  TakeAnswer StartRecord
        Trying     AllFailed     Ending     CancelForks RejectCaller CloseMedia
        Trying     Refused       Ending     CancelForks RejectCaller CloseMedia
        Trying     Cancel        Ending     CancelForks RejectCaller CloseMedia
        Trying     CallerBye     Ending     CancelForks RejectCaller CloseMedia
        Trying     RingLimit     Ending     CancelForks RejectCaller CloseMedia
        Trying     CallerGone    Ending     CancelForks RejectCaller CloseMedia
        Trying     MediaLost     Ending     CancelForks RejectCaller CloseMedia
        Trying     Shutdown      Ending     CancelForks RejectCaller CloseMedia
        Ringing    Progress      Ringing    ForwardProgress
        Ringing    Answer        Answering  TakeAnswer CancelForks StartRecord
        Ringing    HandedOn      Ringing    InviteContacts
        Ringing    ServicePlaced Answering  TakeAnswer StartRecord
        Ringing    AllFailed     Ending     CancelForks RejectCaller CloseMedia
        Ringing    Refused       Ending     CancelForks RejectCaller CloseMedia
        Ringing    Cancel        Ending     CancelForks RejectCaller CloseMedia
        Ringing    CallerBye     Ending     CancelForks RejectCaller CloseMedia
        Ringing    RingLimit     Ending     CancelForks RejectCaller CloseMedia
        Ringing    CallerGone    Ending     CancelForks RejectCaller CloseMedia
        Ringing    MediaLost     Ending     CancelForks RejectCaller CloseMedia
        Ringing    Shutdown      Ending     CancelForks RejectCaller CloseMedia
        Answering  Stored        Answered   AnswerCaller
        Answering  Refused       Ending     RejectCaller ByeCallee CloseMedia
        Answering  Cancel        Ending     RejectCaller ByeCallee CloseMedia
        Answering  CallerBye     Ending     RejectCaller ByeCallee CloseMedia
        Answering  CallerGone    Ending     RejectCaller ByeCallee CloseMedia
        Answering  CalleeGone    Ending     RejectCaller ByeCallee CloseMedia
        Answering  CalleeBye     Ending     RejectCaller ByeCallee CloseMedia
        Answering  MediaLost     Ending     RejectCaller ByeCallee CloseMedia
        Answering  Shutdown      Ending     RejectCaller ByeCallee CloseMedia
        Answered   Ack           Confirmed  Reconcile
        Answered   AckTimeout    Ending     ByeCaller ByeCallee CloseMedia
        Answered   Refused       Ending     ByeCaller ByeCallee CloseMedia
        Answered   CallerBye     Ending     ByeCaller ByeCallee CloseMedia
        Answered   CalleeBye     Ending     ByeCaller ByeCallee CloseMedia
        Answered   CallerGone    Ending     ByeCaller ByeCallee CloseMedia
        Answered   CalleeGone    Ending     ByeCaller ByeCallee CloseMedia
        Answered   TransferLost  Ending     ByeCaller ByeCallee CloseMedia
        Answered   TimeUp        Ending     ByeCaller ByeCallee CloseMedia
        Answered   MediaLost     Ending     ByeCaller ByeCallee CloseMedia
        Answered   Shutdown      Ending     ByeCaller ByeCallee CloseMedia
        Confirmed  CallerBye     Ending     ByeCaller ByeCallee CloseMedia
        Confirmed  CalleeBye     Ending     ByeCaller ByeCallee CloseMedia
        Confirmed  CallerGone    Ending     ByeCaller ByeCallee CloseMedia
        Confirmed  CalleeGone    Ending     ByeCaller ByeCallee CloseMedia
        Confirmed  TransferLost  Ending     ByeCaller ByeCallee CloseMedia
        Confirmed  TimeUp        Ending     ByeCaller ByeCallee CloseMedia
        Confirmed  MediaLost     Ending     ByeCaller ByeCallee CloseMedia
        Confirmed  Shutdown      Ending     ByeCaller ByeCallee CloseMedia
        Ending     Reported      Ended      WriteRecord Settle
        """;

    private static readonly string[] RowLines = Rows.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public static TheoryData<string> RowData => [.. RowLines];

    [Theory, MemberData(nameof(RowData))]
    [Rfc(3261, "13.3.1"), Rfc(3261, "9.2"), Rfc(3261, "15.1.2")]
    public void A_row_says_what_the_RFC_says(string row)
    {
        var (state, input, next, actions) = Read(row);
        Assert.Equal((next, actions), CallTable.Next(state, input));
    }

    [Fact]
    [Threat(37)]
    public void What_no_row_says_changes_nothing()
    {
        var written = RowLines.Select(Read).Select(row => (row.State, row.Input)).ToHashSet();
        foreach (var state in Enum.GetValues<CallState>())
        {
            foreach (var input in Enum.GetValues<CallInput>().Where(input => !written.Contains((state, input))))
            {
                Assert.Equal((state, CallActions.None), CallTable.Next(state, input));
            }
        }
    }

    [Fact]
    public void A_call_never_goes_back()
    {
        foreach (var state in Enum.GetValues<CallState>())
        {
            foreach (var input in Enum.GetValues<CallInput>()) Assert.True(CallTable.Next(state, input).State >= state);
        }
    }

    [Fact]
    public void The_page_of_state_machines_shows_the_table() => Assert.Null(GeneratedSection.Compare("docs/state-machines.md", "calls", Print()));

    private static (CallState State, CallInput Input, CallState Next, CallActions Actions) Read(string row)
    {
        var words = row.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return (Enum.Parse<CallState>(words[0]), Enum.Parse<CallInput>(words[1]), Enum.Parse<CallState>(words[2]),
            Enum.Parse<CallActions>(string.Join(',', words[3..])));
    }

    private static string Print()
    {
        var page = new StringBuilder("\n## Calls\n\nThe back-to-back user agent, seen from the caller (RFC 7092 over RFC 3261 §9, §13, §15). What no row shows changes nothing.\n\n");
        page.Append("| state | input | next | actions |\n|---|---|---|---|\n");
        foreach (var state in Enum.GetValues<CallState>())
        {
            foreach (var input in Enum.GetValues<CallInput>())
            {
                var (next, actions) = CallTable.Next(state, input);
                if (next == state && actions == CallActions.None) continue;
                page.Append($"| {state} | {input} | {next} | {(actions == CallActions.None ? "-" : actions.ToString().Replace(",", "", StringComparison.Ordinal))} |\n");
            }
        }
        return page.Append('\n').ToString();
    }
}
