using System.Text;
using Gateway.Server.Calls;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>The tables of reliable provisional responses against rows written by hand from RFC 3262 §3 and §4.</summary>
public class ReliableTableTests
{
    /// <summary>state, input, next, actions; what is not here changes nothing.</summary>
    private const string Rows = """
        Clear          Progress   Unacknowledged Send
        Clear          Final      Over           None
        Clear          Prack      Clear          RefusePrack
        Clear          StrayPrack Clear          RefusePrack
        Unacknowledged Progress   Unacknowledged Queue
        Unacknowledged Prack      Clear          StopTimers AcceptPrack GoOn
        Unacknowledged StrayPrack Unacknowledged RefusePrack
        Unacknowledged Repeat     Unacknowledged SendAgain
        Unacknowledged GiveUp     Over           StopTimers RejectInvite
        Unacknowledged Final      Closing        StopTimers
        Closing        Prack      Over           AcceptPrack
        Closing        StrayPrack Closing        RefusePrack
        Over           Prack      Over           RefusePrack
        Over           StrayPrack Over           RefusePrack
        """;

    private static readonly string[] RowLines = Rows.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public static TheoryData<string> RowData => [.. RowLines];

    [Theory, MemberData(nameof(RowData))]
    [Rfc(3262, "3")]
    [Row(15)]
    public void A_row_says_what_the_RFC_says(string row)
    {
        var (state, input, next, actions) = Read(row);
        Assert.Equal((next, actions), ReliableServerTable.Next(state, input));
    }

    [Fact]
    [Threat(37)]
    public void What_no_row_says_changes_nothing()
    {
        var written = RowLines.Select(Read).Select(row => (row.State, row.Input)).ToHashSet();
        foreach (var state in Enum.GetValues<ReliableState>())
        {
            foreach (var input in Enum.GetValues<ReliableInput>().Where(input => !written.Contains((state, input))))
            {
                Assert.Equal((state, ReliableActions.None), ReliableServerTable.Next(state, input));
            }
        }
    }

    [Theory]
    [InlineData(null, 4711u, ReliableVerdict.Acknowledge)]
    [InlineData(4711u, 4712u, ReliableVerdict.Acknowledge)]
    [InlineData(4711u, 4711u, ReliableVerdict.Repeat)]
    [InlineData(4711u, 4710u, ReliableVerdict.Repeat)]
    [InlineData(4711u, 4713u, ReliableVerdict.Gap)]
    [Rfc(3262, "4")]
    internal void Responses_count_in_the_order_of_RSeq(uint? last, uint number, ReliableVerdict expected) =>
        Assert.Equal(expected, ReliableClientTable.Judge(last, number));

    [Fact]
    public void The_page_of_state_machines_shows_the_table() => Assert.Null(GeneratedSection.Compare("docs/state-machines.md", "reliable", Print()));

    private static (ReliableState State, ReliableInput Input, ReliableState Next, ReliableActions Actions) Read(string row)
    {
        var words = row.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return (Enum.Parse<ReliableState>(words[0]), Enum.Parse<ReliableInput>(words[1]), Enum.Parse<ReliableState>(words[2]),
            Enum.Parse<ReliableActions>(string.Join(',', words[3..])));
    }

    private static string Print()
    {
        var page = new StringBuilder("\n## Reliable provisional responses\n\nThose that a caller of ours acknowledges by PRACK (RFC 3262 §3). What no row shows changes nothing.\n\n");
        page.Append("| state | input | next | actions |\n|---|---|---|---|\n");
        foreach (var state in Enum.GetValues<ReliableState>())
        {
            foreach (var input in Enum.GetValues<ReliableInput>())
            {
                var (next, actions) = ReliableServerTable.Next(state, input);
                if (next == state && actions == ReliableActions.None) continue;
                page.Append("| ").Append(state).Append(" | ").Append(input).Append(" | ").Append(next).Append(" | ").Append(actions).Append(" |\n");
            }
        }
        return page.Append('\n').ToString();
    }
}
