using System.Globalization;

namespace Gateway.Interop.Tests.Torture;

/// <summary>One message of RFC 4475 or 5118 and what a server may do with it, over each kind of transport.</summary>
internal sealed record TortureRow(string Name, string Section, string Datagram, string Stream, string WebSocket, string Meaning)
{
    public byte[] Bytes { get; } = File.ReadAllBytes(Path.Combine(TortureTable.Folder, Name + ".dat"));

    public string Allowed(string transport) => transport switch { "UDP" => Datagram, "WSS" => WebSocket, _ => Stream };

    /// <summary>True when what happened stands among what is allowed.</summary>
    public bool Allows(string transport, string outcome)
    {
        foreach (var token in Allowed(transport).Split(' '))
        {
            if (token == outcome || (token == "taken" && IsTaken(outcome)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsTaken(string outcome) =>
        int.TryParse(outcome, CultureInfo.InvariantCulture, out var status)
        && status is not (400 or 401 or 405 or 407 or 414 or 415 or 416 or 420 or 493) and (< 500 or >= 600);
}

/// <summary>The table beside this file: written from the RFCs' text, read by the test.</summary>
internal static class TortureTable
{
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "Torture");

    public static IReadOnlyList<TortureRow> Rows { get; } =
    [
        .. File.ReadLines(Path.Combine(Folder, "table.tsv"))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split('\t'))
            .Select(cells => new TortureRow(cells[0], cells[1], cells[2], cells[3], cells[4], cells[5])),
    ];
}
