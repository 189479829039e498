using Gateway.Sip;

namespace Gateway.Server;

/// <summary>What this server says of itself: Allow, Accept and Supported, and the option tags that it takes in Require.</summary>
internal static class Capabilities
{
    public const string Allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, INFO, PRACK, UPDATE, SUBSCRIBE";

    public const string Accept = "application/sdp, application/dtmf-relay, application/dtmf";

    public const string Supported = "outbound, path";

    /// <summary>Option tags that a Require of this method may ask for (RFC 3261 §8.2.2.3).</summary>
    public static bool Takes(SipMethod method, ReadOnlySpan<byte> optionTag) => method switch
    {
        SipMethod.Register => Is(optionTag, "outbound"u8) || Is(optionTag, "path"u8) || Is(optionTag, "gruu"u8),
        SipMethod.Invite when Is(optionTag, "100rel"u8) || Is(optionTag, "replaces"u8) => true,
        SipMethod.Refer => Is(optionTag, "norefersub"u8) || Is(optionTag, "tdialog"u8) || Is(optionTag, "outbound"u8),
        SipMethod.Invite or SipMethod.Update => Is(optionTag, "timer"u8) || Is(optionTag, "outbound"u8),
        _ => Is(optionTag, "outbound"u8),
    };

    private static bool Is(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> known) => System.Text.Ascii.EqualsIgnoreCase(tag, known);
}
