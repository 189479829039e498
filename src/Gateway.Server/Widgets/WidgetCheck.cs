using System.Net;
using Gateway.Server.Routing;

namespace Gateway.Server.Widgets;

/// <summary>What is wrong with a widget before it is saved, field by field, in words that say what to write instead.</summary>
public static class WidgetCheck
{
    public const int MostOrigins = 50;
    public const int LongestCall = 14_400;
    public const int MostCalls = 1_000;
    public const int MostCallsPerDay = 1_000_000;
    public const int ShortestKey = 32;
    public const int MostVisitorHeaders = VisitorData.MostFields;

    /// <summary>Field names as the API writes them, each with its complaint; empty when the widget can be saved.</summary>
    public static IReadOnlyList<(string Field, string Message)> Complaints(Widget widget)
    {
        ArgumentNullException.ThrowIfNull(widget);
        List<(string, string)> found = [];
        if (widget.Name.Trim().Length is 0 or > 100) found.Add(("name", "Give it a name of 1 to 100 characters."));
        if (!PublicId.IsWellFormed(widget.PublicId)) found.Add(("publicId", "The gateway makes this id: leave it out."));
        if (widget.To is Destination.Refusal) found.Add(("to", "A widget must lead somewhere: to switch it off, disable it."));
        Origins(widget, found);
        Limits(widget, found);
        Hours(widget, found);
        Visitors(widget, found);
        if (widget.CallerName.Length > 64 || widget.CallerName.Any(char.IsControl)) found.Add(("callerName", "At most 64 characters, on one line."));
        if (widget.Label.Length > 64 || widget.Label.Any(char.IsControl)) found.Add(("label", "At most 64 characters, on one line."));
        return found;
    }

    /// <summary>Null when the text is an origin exactly as a browser sends it, else what to write.</summary>
    public static string? OriginComplaint(string origin)
    {
        if (origin.Contains('*', StringComparison.Ordinal)) return $"'{origin}': wildcards are not allowed, write each origin out.";
        if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http") || uri.Host.Length == 0)
        {
            return $"'{origin}' is not an origin: write it as https://shop.example.";
        }

        var exact = uri.IdnHost is { } host ? $"{uri.Scheme}://{(uri.HostNameType == UriHostNameType.IPv6 ? $"[{host.Trim('[', ']')}]" : host)}{(uri.IsDefaultPort ? "" : $":{uri.Port}")}" : origin;
        if (!string.Equals(exact, origin, StringComparison.Ordinal))
        {
            return $"'{origin}': write it as a browser sends it, {exact} (no path, lower case).";
        }

        return uri.Scheme == "http" && !IsLocal(uri) ? $"'{origin}': browsers give the microphone to https pages only (http is for localhost)." : null;
    }

    private static void Origins(Widget widget, List<(string, string)> found)
    {
        if (widget.Origins.IsDefaultOrEmpty) found.Add(("origins", "Name at least one page origin that may use it, such as https://shop.example."));
        else if (widget.Origins.Length > MostOrigins) found.Add(("origins", $"At most {MostOrigins}."));
        else found.AddRange(widget.Origins.Select(OriginComplaint).OfType<string>().Select(complaint => ("origins", complaint)));
    }

    private static void Limits(Widget widget, List<(string, string)> found)
    {
        Range("maxCallSeconds", widget.MaxCallSeconds, 10, LongestCall);
        Range("maxCalls", widget.MaxCalls, 1, MostCalls);
        Range("maxCallsPerDay", widget.MaxCallsPerDay, 1, MostCallsPerDay);
        Range("maxCallsPerAddressPerHour", widget.MaxCallsPerAddressPerHour, 1, MostCalls);

        void Range(string field, int value, int least, int most)
        {
            if (value < least || value > most) found.Add((field, $"{least} to {most}."));
        }
    }

    private static void Hours(Widget widget, List<(string, string)> found)
    {
        if (!OpeningHours.IsZone(widget.TimeZone)) found.Add(("timeZone", $"'{widget.TimeZone}' is not a time zone: write an IANA name such as Europe/Berlin."));
        if (widget.Hours.IsDefault) return;
        if (widget.Hours.Length > 50) found.Add(("hours", "At most 50 windows."));
        if (widget.Hours.Any(window => window.From == window.To && window.To != default)) found.Add(("hours", "A window that begins when it ends is never open."));
    }

    private static void Visitors(Widget widget, List<(string, string)> found)
    {
        if (widget.RequiresSignedVisitor && widget.VisitorKey.IsEmpty) found.Add(("visitorKey", "Signed visitors are required: make a key for the page's server."));
        if (!widget.VisitorKey.IsEmpty && widget.VisitorKey.Reveal().Length < ShortestKey) found.Add(("visitorKey", $"At least {ShortestKey} characters, chosen at random."));
        if (widget.VisitorHeaders.IsDefaultOrEmpty) return;
        if (widget.VisitorHeaders.Length > MostVisitorHeaders) found.Add(("visitorHeaders", $"At most {MostVisitorHeaders}."));
        found.AddRange(widget.VisitorHeaders.Where(name => !VisitorData.IsName(name))
            .Select(name => ("visitorHeaders", $"'{name}': a letter, then letters, digits and hyphens, at most {VisitorData.LongestName}; X- is put before it.")));
        if (widget.VisitorHeaders.GroupBy(VisitorData.Plain, StringComparer.Ordinal).Any(group => group.Count() > 1)) found.Add(("visitorHeaders", "Two of them differ in hyphens or case only."));
    }

    private static bool IsLocal(Uri uri) =>
        uri.Host is "localhost" || uri.Host.EndsWith(".localhost", StringComparison.Ordinal) || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
