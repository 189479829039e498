namespace Gateway.Sip;

/// <summary>The longest parts of a digest that are read; longer ones are refused, and the hash is computed on the stack.</summary>
public static class DigestLimits
{
    /// <summary>A whole Authorization or WWW-Authenticate value.</summary>
    public const int Value = 4096;

    public const int Username = 256;

    public const int Realm = 256;

    public const int Nonce = 256;

    public const int ClientNonce = 256;

    public const int Uri = 1024;

    public const int Opaque = 512;

    /// <summary>Eight hex digits (RFC 7616 §3.4).</summary>
    public const int NonceCount = 8;

    /// <summary>A method token (THREATS 17).</summary>
    public const int Method = 64;

    /// <summary>Parameters of one value, unknown ones counted.</summary>
    public const int Parameters = 24;
}
