using System.Text;

namespace Gateway.Sip.Tests.Proxying;

/// <summary>Short ways to forward a message in a test, and to compare what left with what came.</summary>
internal static class Proxied
{
    public static OwnAddresses Nobody { get; } = new([], []);

    public static RequestEdits Edits(
        SipRequest request,
        OwnAddresses? own = null,
        string? target = null,
        IReadOnlyList<string>? pushed = null,
        IReadOnlyList<string>? recordRoute = null,
        Flow? source = null,
        HeaderStrip? remove = null,
        IReadOnlyList<AddedHeader>? add = null,
        string? realm = null,
        uint? breadth = null,
        SipTransport transport = SipTransport.Udp) => new()
        {
            Transport = transport,
            SentBy = "192.0.2.9:5060",
            Branch = "z9hG4bKnew",
            Route = ReceivedRoute.Read(request, own ?? Nobody).Toward(target, pushed),
            RecordRoute = recordRoute ?? [],
            Source = source,
            Remove = remove,
            Add = add ?? [],
            Realm = realm,
            MaxBreadth = breadth,
        };

    public static string Text(SipRequest request, RequestEdits edits)
    {
        var writer = new SipWriter();
        ForwardedMessage.Write(writer, request, edits);
        return Encoding.UTF8.GetString(writer.Written);
    }

    public static string Text(SipResponse response, ResponseEdits? edits = null)
    {
        var writer = new SipWriter();
        ForwardedMessage.Write(writer, response, edits);
        return Encoding.UTF8.GetString(writer.Written);
    }

    /// <summary>The lines of start line and headers.</summary>
    public static string[] Lines(string message) => message[..message.IndexOf("\r\n\r\n", StringComparison.Ordinal)].Split("\r\n");

    /// <summary>The values of a header, one by one, as they stand in a written message.</summary>
    public static string[] Values(string message, HeaderId id)
    {
        var values = new List<string>();
        foreach (var value in Sip.Message(message).Values(id))
        {
            values.Add(Encoding.UTF8.GetString(value));
        }
        return [.. values];
    }

    /// <summary>
    /// Takes the lines that are ours out of the forwarded bytes, and the Max-Forwards out of both: the rest must be equal to
    /// the last byte.
    /// </summary>
    /// <returns>False for a request whose Route names a strict router, which is reformatted.</returns>
    public static bool AssertOnlyOwnLinesChanged(SipRequest request)
    {
        var edits = Edits(request);
        if (edits.Route.Appended is not null)
        {
            return false;
        }
        var writer = new SipWriter();
        ForwardedMessage.Write(writer, request, edits);

        var came = Encoding.Latin1.GetString(request.Bytes[..^request.Body.Length]);
        var left = Encoding.Latin1.GetString(writer.Written[..^request.Body.Length]);
        Assert.Equal(request.Body.ToArray(), writer.Written[^request.Body.Length..].ToArray());
        const string Via = "Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKnew;rport\r\n";
        var at = left.IndexOf(Via, StringComparison.Ordinal);
        Assert.True(at > 0);
        left = left.Remove(at, Via.Length);
        Assert.Equal(Without(came), Without(left));
        return true;
    }

    private static string Without(string headers)
    {
        var kept = new StringBuilder();
        var skips = false;
        foreach (var line in headers[(headers.IndexOf("\r\n", StringComparison.Ordinal) + 2)..].Split("\r\n"))
        {
            skips = line.StartsWith(' ') || line.StartsWith('\t') ? skips
                : line.StartsWith("Max-Forwards", StringComparison.OrdinalIgnoreCase) || line.StartsWith("Content-Length: 0", StringComparison.Ordinal);
            if (!skips)
            {
                kept.Append(line).Append("\r\n");
            }
        }
        return kept.ToString();
    }
}
