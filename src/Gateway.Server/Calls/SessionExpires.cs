using System.Globalization;
using System.Text;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// Session timers (RFC 4028) as far as the gateway takes part: whoever asks for one refreshes it, and gets every interval
/// it asks for. The media watchdog ends calls whose peer is gone, so no timer of ours is needed for that.
/// </summary>
internal static class SessionExpires
{
    /// <summary>Adds Session-Expires and Require to a 2xx of an INVITE or UPDATE that asked for a timer. Never 422 (BROWSER C4).</summary>
    public static void Answer(SipWriter writer, SipRequest request)
    {
        if (!request.ListHas(HeaderId.Supported, "timer"u8) || !request.TryGet(HeaderId.SessionExpires, out var value)) return;
        if (!TryParse(value, out var seconds, out var refresher)) return;
        // RFC 4028 §9: a UAC that wants us to refresh gets no timer rather than one that nobody serves.
        if (Ascii.EqualsIgnoreCase(refresher, "uas"u8)) return;
        writer.Header(HeaderId.SessionExpires, string.Create(CultureInfo.InvariantCulture, $"{seconds};refresher=uac"));
        writer.Header(HeaderId.Require, "timer");
    }

    private static bool TryParse(ReadOnlySpan<byte> value, out uint seconds, out ReadOnlySpan<byte> refresher)
    {
        refresher = default;
        var semicolon = value.IndexOf((byte)';');
        var number = (semicolon < 0 ? value : value[..semicolon]).Trim(" \t"u8);
        if (!uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out seconds)) return false;
        while (semicolon >= 0)
        {
            value = value[(semicolon + 1)..];
            semicolon = value.IndexOf((byte)';');
            var parameter = (semicolon < 0 ? value : value[..semicolon]).Trim(" \t"u8);
            var equals = parameter.IndexOf((byte)'=');
            if (equals > 0 && Ascii.EqualsIgnoreCase(parameter[..equals].TrimEnd(" \t"u8), "refresher"u8)) refresher = parameter[(equals + 1)..].TrimStart(" \t"u8);
        }
        return true;
    }
}
