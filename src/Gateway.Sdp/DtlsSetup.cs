namespace Gateway.Sdp;

/// <summary>a=setup: who opens the DTLS association (RFC 4145 §4, RFC 8842 §5).</summary>
public enum DtlsSetup : byte
{
    /// <summary>An offerer that leaves the choice to the answerer.</summary>
    ActPass,
    /// <summary>Sends the ClientHello.</summary>
    Active,
    /// <summary>Waits for the ClientHello.</summary>
    Passive,
    /// <summary>No association for now; not used with DTLS-SRTP (RFC 5763 §5).</summary>
    HoldConn,
}

/// <summary>The part that the gateway plays in the DTLS handshake of a leg.</summary>
public enum DtlsRole : byte
{
    Server,
    Client,
}

internal static class DtlsSetups
{
    public static string AttributeValue(this DtlsSetup setup) => setup switch
    {
        DtlsSetup.ActPass => "actpass",
        DtlsSetup.Active => "active",
        DtlsSetup.Passive => "passive",
        _ => "holdconn",
    };

    public static DtlsSetup? Parse(string? value) => value?.Trim() switch
    {
        "actpass" => DtlsSetup.ActPass,
        "active" => DtlsSetup.Active,
        "passive" => DtlsSetup.Passive,
        "holdconn" => DtlsSetup.HoldConn,
        _ => null,
    };
}
