namespace Gateway.Sip;

/// <summary>Event: the package and the id of a subscription (RFC 6665 §8.2.1).</summary>
public readonly ref struct EventView
{
    private EventView(ReadOnlySpan<byte> package, ReadOnlySpan<byte> id)
    {
        Package = package;
        Id = id;
    }

    /// <summary>presence, message-summary, refer, dialog… with its template, if any.</summary>
    public ReadOnlySpan<byte> Package { get; }

    /// <summary>Empty when absent.</summary>
    public ReadOnlySpan<byte> Id { get; }

    /// <summary>Packages compare byte by byte in RFC 6665 §8.2.1; case is let pass.</summary>
    public bool Is(ReadOnlySpan<byte> package) => SipLexer.EqualsIgnoreCase(Package, package);

    public static bool TryParse(ReadOnlySpan<byte> value, out EventView e)
    {
        e = default;
        value = SipLexer.Trim(value);
        var end = SipLexer.TokenEnd(value, 0);
        if (end == 0)
        {
            return false;
        }
        ReadOnlySpan<byte> id = default;
        var parameters = new ParameterReader(value[end..]);
        while (parameters.Next())
        {
            if (id.IsEmpty && SipLexer.EqualsIgnoreCase(parameters.Name, "id"u8))
            {
                id = parameters.Value;
            }
        }
        e = new EventView(value[..end], id);
        return !parameters.Failed;
    }
}
