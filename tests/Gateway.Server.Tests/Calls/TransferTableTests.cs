using System.Text;
using Gateway.Server.Calls;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>The table of a transfer against rows written by hand from RFC 3515 §2.4 and RFC 5589 §6, and the page that shows it.</summary>
public class TransferTableTests
{
    /// <summary>state, input, next, actions; what is not here changes nothing.</summary>
    private const string Rows = """
        New          Placed         Calling      NotifyTrying Invite
        New          Ready          Leaving      NotifyTrying Replace NotifyEnd
        Calling      Progress       Ringing      NotifyRinging Present
        Calling      Answer         Leaving      Replace CancelRest NotifyEnd
        Calling      Refused        Failed       CancelRest NotifyEnd GiveBack Finish
        Calling      TransferorGone CallingAlone None
        Calling      CallEnds       Failed       CancelRest NotifyEnd Finish
        Ringing      Progress       Ringing      NotifyRinging Present
        Ringing      Answer         Leaving      Replace CancelRest NotifyEnd
        Ringing      Refused        Failed       CancelRest NotifyEnd GiveBack Finish
        Ringing      TransferorGone RingingAlone None
        Ringing      CallEnds       Failed       CancelRest NotifyEnd Finish
        CallingAlone Progress       RingingAlone Present
        CallingAlone Answer         Done         Replace CancelRest Finish
        CallingAlone Refused        Failed       CancelRest EndCall Finish
        CallingAlone CallEnds       Failed       CancelRest Finish
        RingingAlone Progress       RingingAlone Present
        RingingAlone Answer         Done         Replace CancelRest Finish
        RingingAlone Refused        Failed       CancelRest EndCall Finish
        RingingAlone CallEnds       Failed       CancelRest Finish
        Leaving      Notified       Done         HangUpTransferor Finish
        Leaving      CallEnds       Done         HangUpTransferor Finish
        Leaving      TransferorGone Done         Finish
        """;

    private static readonly string[] RowLines = Rows.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public static TheoryData<string> RowData => [.. RowLines];

    [Theory, MemberData(nameof(RowData))]
    [Rfc(3515, "2.4"), Row(17)]
    public void A_row_says_what_the_RFC_says(string row)
    {
        var (state, input, next, actions) = Read(row);
        Assert.Equal((next, actions), TransferTable.Next(state, input));
    }

    [Fact]
    [Threat(37)]
    public void What_no_row_says_changes_nothing()
    {
        var written = RowLines.Select(Read).Select(row => (row.State, row.Input)).ToHashSet();
        foreach (var state in Enum.GetValues<TransferState>())
        {
            foreach (var input in Enum.GetValues<TransferInput>().Where(input => !written.Contains((state, input))))
            {
                Assert.Equal((state, TransferActions.None), TransferTable.Next(state, input));
            }
        }
    }

    [Fact]
    public void A_transfer_that_has_begun_always_finishes()
    {
        foreach (var state in Enum.GetValues<TransferState>().Where(state => state is not (TransferState.New or TransferState.Done or TransferState.Failed)))
        {
            var (next, actions) = TransferTable.Next(state, TransferInput.CallEnds);
            Assert.True(next is TransferState.Done or TransferState.Failed);
            Assert.True(actions.HasFlag(TransferActions.Finish));
        }
    }

    [Fact]
    public void The_page_of_state_machines_shows_the_table() => Assert.Null(GeneratedSection.Compare("docs/state-machines.md", "transfers", Print()));

    private static (TransferState State, TransferInput Input, TransferState Next, TransferActions Actions) Read(string row)
    {
        var words = row.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return (Enum.Parse<TransferState>(words[0]), Enum.Parse<TransferInput>(words[1]), Enum.Parse<TransferState>(words[2]),
            Enum.Parse<TransferActions>(string.Join(',', words[3..])));
    }

    private static string Print()
    {
        var page = new StringBuilder("\n## Transfers\n\nA transfer that the gateway carries out (RFC 3515, RFC 5589). What no row shows changes nothing.\n\n");
        page.Append("| state | input | next | actions |\n|---|---|---|---|\n");
        foreach (var state in Enum.GetValues<TransferState>())
        {
            foreach (var input in Enum.GetValues<TransferInput>())
            {
                var (next, actions) = TransferTable.Next(state, input);
                if (next == state && actions == TransferActions.None) continue;
                page.Append($"| {state} | {input} | {next} | {(actions == TransferActions.None ? "-" : actions.ToString().Replace(",", "", StringComparison.Ordinal))} |\n");
            }
        }
        return page.Append('\n').ToString();
    }
}
