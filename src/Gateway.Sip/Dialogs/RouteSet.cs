using System.Text;

namespace Gateway.Sip;

/// <summary>
/// The proxies that in-dialog requests have to visit (RFC 3261 §12.1), and how they and the remote target become
/// Request-URI and Route, with loose and with strict routers (§12.2.1.1).
/// </summary>
internal readonly struct RouteSet(string[] values)
{
    /// <summary>In the order that we send them, each with its angle brackets.</summary>
    public string[] Values { get; } = values;

    /// <summary>§12.1.1: the UAS takes Record-Route in order.</summary>
    public static RouteSet FromRequest(SipRequest request) => new([.. Read(request)]);

    /// <summary>§12.1.2: the UAC takes it in reverse order.</summary>
    public static RouteSet FromResponse(SipResponse response)
    {
        var values = Read(response);
        values.Reverse();
        return new RouteSet([.. values]);
    }

    public string RequestUri(SipUri remoteTarget)
    {
        if (!IsStrict(out var first))
        {
            return remoteTarget.WithoutRequestParts().ToString();
        }
        // "stripping any parameters that are not allowed in a Request-URI": method, and the headers (§19.1.1).
        return first.WithoutRequestParts().ToString();
    }

    public void WriteRoute(SipWriter writer, SipUri remoteTarget)
    {
        var strict = IsStrict(out _);
        for (var i = strict ? 1 : 0; i < Values.Length; i++)
        {
            writer.Header(HeaderId.Route, Values[i]);
        }
        if (strict)
        {
            writer.Header(HeaderId.Route, $"<{remoteTarget}>");
        }
    }

    private bool IsStrict(out SipUri first)
    {
        first = null!;
        return Values.Length > 0
            && NameAddressView.TryParse(Encoding.UTF8.GetBytes(Values[0]), out var address)
            && SipUri.TryParse(address.UriBytes, out first)
            && !first.HasParameter("lr");
    }

    private static List<string> Read(SipMessage message)
    {
        var values = new List<string>();
        foreach (var value in message.Values(HeaderId.RecordRoute))
        {
            values.Add(Encoding.UTF8.GetString(value));
        }
        return values;
    }
}
