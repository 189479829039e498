using System.Globalization;
using System.Net;
using System.Text;

namespace Gateway.Net.Tracing;

/// <summary>
/// A ladder as text: the sides of the call in columns with the gateway between the first and the others, an arrow a message,
/// then every message in full.
/// </summary>
public static class LadderText
{
    private const int Column = 30;
    private const int MostColumns = 8;
    private const string Indent = "                ";

    /// <param name="notes">Why the call went where it went, a line each; they stand first.</param>
    public static string Write(IReadOnlyList<TracedMessage> messages, IReadOnlyList<string>? notes = null)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var text = new StringBuilder();
        if (notes is { Count: > 0 })
        {
            text.Append("How it was routed:\n");
            foreach (var note in notes) text.Append(CultureInfo.InvariantCulture, $"  {note.ReplaceLineEndings(" ")}\n");
            text.Append('\n');
        }

        if (messages.Count == 0)
        {
            return text.Append("No message of this call is kept any more.\n").ToString();
        }

        var legs = messages.Select(message => message.CallId).Distinct(StringComparer.Ordinal).ToList();
        WriteLegs(text, messages, legs);
        WriteRungs(text, messages, legs);
        foreach (var message in messages) WriteMessage(text, message, Name(legs.IndexOf(message.CallId)));
        return text.ToString();
    }

    /// <summary>What an arrow says: "INVITE (sdp)", "200 OK (INVITE)".</summary>
    public static string Label(TracedMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var head = Encoding.UTF8.GetString(message.Bytes.Span);
        var hasSdp = head.Contains("application/sdp", StringComparison.OrdinalIgnoreCase) ? " (sdp)" : "";
        var line = message.FirstLine;
        if (!line.StartsWith("SIP/2.0 ", StringComparison.Ordinal)) return line.Split(' ')[0] + hasSdp;
        var at = head.IndexOf("\r\nCSeq:", StringComparison.OrdinalIgnoreCase);
        var method = at < 0 ? "" : head[(at + 7)..].Split('\r')[0].Trim().Split(' ')[^1];
        return $"{line[8..]} {method}{hasSdp}";
    }

    private static void WriteLegs(StringBuilder text, IReadOnlyList<TracedMessage> messages, List<string> legs)
    {
        text.Append(CultureInfo.InvariantCulture, $"Signalling of {messages[0].At:yyyy-MM-dd} (UTC). Secrets are masked by asterisks.\n\n");
        for (var leg = 0; leg < legs.Count; leg++)
        {
            var first = messages.First(message => message.CallId == legs[leg]);
            text.Append(CultureInfo.InvariantCulture, $"  {Name(leg)}  {first.Transport.ToString().ToLowerInvariant()} {first.Remote}  Call-ID {legs[leg]}\n");
        }
        text.Append('\n');
    }

    private static void WriteRungs(StringBuilder text, IReadOnlyList<TracedMessage> messages, List<string> legs)
    {
        var columns = Math.Min(legs.Count, MostColumns) + 1;
        var heads = new StringBuilder(Indent);
        for (var column = 0; column < columns; column++) heads.Append((column == 1 ? "gateway" : Name(column == 0 ? 0 : column - 1)).PadRight(Column));
        text.Append(heads.ToString().TrimEnd()).Append('\n');
        foreach (var message in messages)
        {
            var leg = Math.Min(legs.IndexOf(message.CallId), MostColumns - 1);
            var far = leg == 0 ? 0 : leg + 1;
            text.Append(CultureInfo.InvariantCulture, $"{message.At:HH:mm:ss.fff}    {Rung(columns, far, message.IsSent, Label(message))}\n");
        }
        text.Append('\n');
    }

    /// <summary>An arrow between the gateway's column (1) and a side's.</summary>
    private static string Rung(int columns, int far, bool isSent, string label)
    {
        var line = new char[((columns - 1) * Column) + 1];
        Array.Fill(line, ' ');
        for (var column = 0; column < columns; column++) line[column * Column] = '|';
        var left = Math.Min(1, far) * Column;
        var right = Math.Max(1, far) * Column;
        for (var at = left + 1; at < right; at++) line[at] = line[at] == '|' ? '+' : '-';
        // To the right: a side on the right is sent to, or the one on the left sends.
        if (isSent == far > 1) line[right - 1] = '>';
        else line[left + 1] = '<';
        var shown = $" {(label.Length > Column - 6 ? label[..(Column - 6)] : label)} ";
        var start = (far == 0 ? 0 : (far - 1) * Column) + 1 + ((Column - 1 - shown.Length) / 2);
        shown.CopyTo(0, line, start, shown.Length);
        return new string(line).TrimEnd();
    }

    private static void WriteMessage(StringBuilder text, TracedMessage message, string leg)
    {
        var (from, to) = message.IsSent ? ("gateway", leg) : (leg, "gateway");
        var (source, target) = message.IsSent ? (message.Local, message.Remote) : (message.Remote, message.Local);
        text.Append(CultureInfo.InvariantCulture,
            $"---- {message.At:HH:mm:ss.ffffff}  {from} -> {to}  {message.Transport.ToString().ToLowerInvariant()} {Text(source)} -> {Text(target)}, {message.Length} bytes\n");
        text.Append(Encoding.UTF8.GetString(message.Bytes.Span).ReplaceLineEndings("\n"));
        if (message.Length > message.Bytes.Length) text.Append("\n[the rest was not kept]");
        text.Append("\n\n");
    }

    private static string Text(IPEndPoint endPoint) => endPoint.Port == 0 ? "?" : endPoint.ToString();

    /// <summary>A to Z, then numbers.</summary>
    private static string Name(int leg) => leg < 26 ? ((char)('A' + leg)).ToString() : string.Create(CultureInfo.InvariantCulture, $"#{leg + 1}");
}
