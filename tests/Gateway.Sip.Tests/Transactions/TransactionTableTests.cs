using System.Text;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Transactions;

/// <summary>Each row of the machines against the RFCs' figures, the silence of all other rows, and the page that shows them.</summary>
public sealed class TransactionTableTests
{
    public static TheoryData<string, string> Rows
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var (name, _, rows, _) in TransactionTables.All)
            {
                foreach (var row in rows.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                {
                    data.Add(name, row);
                }
            }

            return data;
        }
    }

    public static TheoryData<string> Machines => [.. TransactionTables.All.Select(machine => machine.Name)];

    [Theory, MemberData(nameof(Rows))]
    [Rfc(3261, "17.1.1.2"), Rfc(3261, "17.1.2.2"), Rfc(3261, "17.2.1"), Rfc(3261, "17.2.2")]
    [Rfc(6026, "7.1"), Rfc(6026, "7.2"), Rfc(4320, "4.1"), Rfc(4320, "4.2"), Row(4), Row(33)]
    public void A_row_says_what_the_figure_says(string machine, string row)
    {
        var next = TransactionTables.All.Single(entry => entry.Name == machine).Next;
        var (state, input, unreliable, reliable) = TransactionTables.Read(row);

        Assert.Equal(unreliable, next(state, input, false));
        Assert.Equal(reliable, next(state, input, true));
    }

    [Theory, MemberData(nameof(Machines))]
    [Rfc(3261, "17")]
    public void What_no_figure_shows_changes_nothing(string machine)
    {
        var (_, _, rows, next) = TransactionTables.All.Single(entry => entry.Name == machine);
        var shown = rows.Split('\n').Select(TransactionTables.Read).Select(row => (row.State, row.Input)).ToHashSet();

        foreach (var state in Enum.GetValues<TxState>())
        {
            foreach (var input in Enum.GetValues<TxInput>().Where(input => !shown.Contains((state, input))))
            {
                Assert.Equal((state, TxActions.None), next(state, input, false));
                Assert.Equal((state, TxActions.None), next(state, input, true));
            }
        }
    }

    [Theory, MemberData(nameof(Machines))]
    [Rfc(3261, "17.1.1.2"), Rfc(3261, "17.1.2.2"), Row(33)]
    public void A_reliable_transport_is_never_told_to_resend(string machine)
    {
        const TxActions Resending = TxActions.StartA | TxActions.StartE | TxActions.StartG;
        const TxActions Lingering = TxActions.StartD | TxActions.StartI | TxActions.StartJ | TxActions.StartK;
        var next = TransactionTables.All.Single(entry => entry.Name == machine).Next;

        foreach (var state in Enum.GetValues<TxState>())
        {
            // The rows of timers that never run on a reliable transport are never reached.
            foreach (var input in Enum.GetValues<TxInput>().Where(input => input is not (TxInput.TimerA or TxInput.TimerE or TxInput.TimerG)))
            {
                Assert.Equal(TxActions.None, next(state, input, true).Actions & (Resending | Lingering));
            }
        }
    }

    [Fact]
    public void The_page_of_state_machines_shows_the_tables()
    {
        Assert.Null(GeneratedSection.Compare("docs/state-machines.md", "transactions", Print()));
    }

    private static string Print()
    {
        var page = new StringBuilder("\n## SIP transactions\n\n");
        page.Append("What no row shows changes nothing. \"Reliable\" stands for TCP, TLS, WS and WSS; it is given where it differs.\n");
        page.Append("Actions run in the order in which they are written; the user hears last.\n");
        foreach (var (name, source, _, next) in TransactionTables.All)
        {
            page.Append($"\n### {name}\n\n{source}\n\n| state | input | next | actions | reliable |\n|---|---|---|---|---|\n");
            foreach (var state in Enum.GetValues<TxState>())
            {
                foreach (var input in Enum.GetValues<TxInput>())
                {
                    var unreliable = next(state, input, false);
                    var reliable = next(state, input, true);
                    if (unreliable != (state, TxActions.None) || reliable != (state, TxActions.None))
                    {
                        page.Append($"| {state} | {input} | {unreliable.State} | {Words(unreliable.Actions)} | {(reliable == unreliable ? "" : $"{reliable.State}: {Words(reliable.Actions)}")} |\n");
                    }
                }
            }
        }

        return page.Append('\n').ToString();
    }

    private static string Words(TxActions actions) => actions == TxActions.None ? "-" : actions.ToString().Replace(",", "", StringComparison.Ordinal);
}
