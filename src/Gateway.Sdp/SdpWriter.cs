using System.Globalization;
using System.Text;

namespace Gateway.Sdp;

/// <summary>
/// <see cref="SessionDescription"/> to text: the order of RFC 8866 §5, CRLF line ends, unknown lines before the attributes.
/// Lines of one type keep their order, so that reading and writing again changes nothing.
/// </summary>
public static class SdpWriter
{
    private const string SessionOrder = "iuepcbtrzk";

    public static string ToText(SessionDescription description)
    {
        ArgumentNullException.ThrowIfNull(description);
        var text = new StringBuilder(1024);
        Line(text, 'v', "0");
        Line(text, 'o', description.Origin.ToString());
        Line(text, 's', description.Name.Length == 0 ? "-" : description.Name);
        WriteLines(text, description.Lines.AsSpan(), description.Connection, timed: true);
        foreach (var attribute in description.Attributes) Attribute(text, attribute);
        foreach (var section in description.Media)
        {
            text.Append("m=").Append(section.Media).Append(' ').Append(CultureInfo.InvariantCulture, $"{section.Port}");
            if (section.PortCount != 1) text.Append(CultureInfo.InvariantCulture, $"/{section.PortCount}");
            text.Append(' ').Append(section.Protocol);
            foreach (var format in section.Formats) text.Append(' ').Append(format);
            text.Append("\r\n");
            WriteLines(text, section.Lines.AsSpan(), section.Connection, timed: false);
            foreach (var attribute in section.Attributes) Attribute(text, attribute);
        }
        return text.ToString();
    }

    private static void WriteLines(StringBuilder text, ReadOnlySpan<SdpLine> lines, SdpConnection? connection, bool timed)
    {
        for (var rank = 0; rank <= SessionOrder.Length; rank++)
        {
            var type = rank < SessionOrder.Length ? SessionOrder[rank] : '\0';
            if (type == 'c' && connection is not null) Line(text, 'c', connection.ToString());
            // t= is mandatory (RFC 8866 §5.9): a session that names no time is unbounded.
            if (timed && type == 't' && !Any(lines, 't')) Line(text, 't', "0 0");
            foreach (var line in lines)
                if (Rank(line.Type) == rank) Line(text, line.Type, line.Value);
        }
    }

    /// <summary>r= follows the t= that it repeats, so the two share a place.</summary>
    private static int Rank(char type)
    {
        var rank = SessionOrder.IndexOf(type == 'r' ? 't' : type, StringComparison.Ordinal);
        return rank < 0 ? SessionOrder.Length : rank;
    }

    private static bool Any(ReadOnlySpan<SdpLine> lines, char type)
    {
        foreach (var line in lines)
            if (line.Type == type) return true;
        return false;
    }

    private static void Attribute(StringBuilder text, SdpAttribute attribute) => Line(text, 'a', attribute.ToString());

    private static void Line(StringBuilder text, char type, string value)
    {
        if (value.AsSpan().ContainsAny('\r', '\n', '\0')) throw new ArgumentException($"A line break inside {type}= would start another line.");
        text.Append(type).Append('=').Append(value).Append("\r\n");
    }
}
