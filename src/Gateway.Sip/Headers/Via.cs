namespace Gateway.Sip;

/// <summary>One Via value in place (RFC 3261 §20.42, RFC 3581).</summary>
public readonly ref struct ViaView
{
    /// <summary>UDP, TCP, TLS, WS, WSS… as written.</summary>
    public ReadOnlySpan<byte> Transport => throw new NotImplementedException();

    /// <summary>sent-by host.</summary>
    public ReadOnlySpan<byte> Host => throw new NotImplementedException();

    /// <summary>sent-by port, 0 when absent.</summary>
    public int Port => throw new NotImplementedException();

    /// <summary>The branch value; empty when absent (RFC 2543).</summary>
    public ReadOnlySpan<byte> Branch => throw new NotImplementedException();

    /// <summary>True when the branch starts with z9hG4bK.</summary>
    public bool HasCookie => throw new NotImplementedException();

    /// <summary>True when an rport parameter is there, with or without value (RFC 3581).</summary>
    public bool HasRPort => throw new NotImplementedException();

    public ReadOnlySpan<byte> Raw => throw new NotImplementedException();

    public bool TryGetParameter(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value) => throw new NotImplementedException();

    public static bool TryParse(ReadOnlySpan<byte> value, out ViaView via) => throw new NotImplementedException();
}
