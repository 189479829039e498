namespace Gateway.Server.Proxy;

/// <summary>How a call between two of our own goes through the gateway.</summary>
public enum CallMode : byte
{
    /// <summary>Proxied where both sides are plain phones that need nothing of us, else bridged.</summary>
    Auto,
    /// <summary>We are a user agent toward each side (RFC 7092): media, identity and limits are ours.</summary>
    Bridge,
    /// <summary>We forward (RFC 3261 §16): the phones share one dialog and their media flows directly. Bridged all the same where that cannot work.</summary>
    Proxy,
    /// <summary>The caller is told where the callee is (302, RFC 3261 §8.3) and calls there himself. Bridged all the same where that cannot work.</summary>
    Redirect,
}

/// <summary>Whether the proxy stays in the path of a dialog's later requests (RFC 3261 §16.6 step 4).</summary>
public enum RecordRouteMode : byte
{
    /// <summary>It steps out where both phones reach each other for certain, and nothing asks it to stay.</summary>
    Auto,
    Always,
    /// <summary>It steps out wherever that is possible at all.</summary>
    Never,
}
