namespace Gateway.Media.Srtp;

/// <summary>
/// The SRTP protection profiles that the gateway speaks; the value is the identifier of the DTLS use_srtp extension (RFC 5764 §4.1.2, RFC 7714 §14.2).
/// </summary>
public enum SrtpProfile : ushort
{
    /// <summary>No profile agreed.</summary>
    None = 0,

    /// <summary>AES-128 counter mode, HMAC-SHA1 cut to 80 bits: what every peer has.</summary>
    Aes128CmSha1Tag80 = 0x0001,

    /// <summary>The same with the RTP tag cut to 32 bits (RTCP keeps 80): only older phones ask for it, by SDES.</summary>
    Aes128CmSha1Tag32 = 0x0002,

    /// <summary>AES-128-GCM with a 16-octet tag: preferred.</summary>
    AeadAes128Gcm = 0x0007,

    /// <summary>AES-256-GCM with a 16-octet tag.</summary>
    AeadAes256Gcm = 0x0008,
}

/// <summary>Lengths and names of the profiles.</summary>
public static class SrtpProfiles
{
    /// <summary>Octets that protecting one packet may add: tag and, for RTCP, the index word.</summary>
    public const int MaxOverhead = 20;

    /// <summary>True when the gateway can use the profile.</summary>
    public static bool IsSupported(this SrtpProfile profile) =>
        profile is SrtpProfile.Aes128CmSha1Tag80 or SrtpProfile.Aes128CmSha1Tag32 or SrtpProfile.AeadAes128Gcm or SrtpProfile.AeadAes256Gcm;

    /// <summary>True for the AES-GCM profiles.</summary>
    public static bool IsAead(this SrtpProfile profile) => profile is SrtpProfile.AeadAes128Gcm or SrtpProfile.AeadAes256Gcm;

    /// <summary>Octets of the master key, and of the session encryption keys.</summary>
    public static int KeyLength(this SrtpProfile profile) => profile == SrtpProfile.AeadAes256Gcm ? 32 : 16;

    /// <summary>Octets of the master salt: 14 for counter mode, 12 for GCM (RFC 7714 §12).</summary>
    public static int SaltLength(this SrtpProfile profile) => profile.IsAead() ? 12 : 14;

    /// <summary>Octets of the tag of an RTP packet.</summary>
    public static int RtpTagLength(this SrtpProfile profile) => profile switch
    {
        SrtpProfile.Aes128CmSha1Tag80 => 10,
        SrtpProfile.Aes128CmSha1Tag32 => 4,
        _ => 16,
    };

    /// <summary>Octets of the tag of an RTCP packet; never fewer than 80 bits (RFC 3711 §5.2).</summary>
    public static int RtcpTagLength(this SrtpProfile profile) => profile.IsAead() ? 16 : 10;

    /// <summary>Octets of keying material that DTLS exports for the profile: two keys and two salts (RFC 5764 §4.2).</summary>
    public static int DtlsExportLength(this SrtpProfile profile) => 2 * (profile.KeyLength() + profile.SaltLength());

    /// <summary>The name in an SDP a=crypto line (RFC 4568 §6.2, RFC 7714 §14.1).</summary>
    public static string SdesName(this SrtpProfile profile) => profile switch
    {
        SrtpProfile.Aes128CmSha1Tag80 => "AES_CM_128_HMAC_SHA1_80",
        SrtpProfile.Aes128CmSha1Tag32 => "AES_CM_128_HMAC_SHA1_32",
        SrtpProfile.AeadAes128Gcm => "AEAD_AES_128_GCM",
        SrtpProfile.AeadAes256Gcm => "AEAD_AES_256_GCM",
        _ => "NONE",
    };

    /// <summary>Finds the profile of an SDP crypto suite name; false for suites that the gateway does not speak.</summary>
    public static bool TryParseSdesName(ReadOnlySpan<char> name, out SrtpProfile profile)
    {
        profile = name switch
        {
            "AES_CM_128_HMAC_SHA1_80" => SrtpProfile.Aes128CmSha1Tag80,
            "AES_CM_128_HMAC_SHA1_32" => SrtpProfile.Aes128CmSha1Tag32,
            "AEAD_AES_128_GCM" => SrtpProfile.AeadAes128Gcm,
            "AEAD_AES_256_GCM" => SrtpProfile.AeadAes256Gcm,
            _ => SrtpProfile.None,
        };
        return profile != SrtpProfile.None;
    }
}
