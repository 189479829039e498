using System.Globalization;

namespace Gateway.Sdp;

/// <summary>a=rtpmap: what a payload type means (RFC 8866 §6.6).</summary>
public readonly record struct RtpMap(int PayloadType, string Encoding, int ClockRate, int Channels)
{
    public static bool TryParse(string value, out RtpMap map)
    {
        ArgumentNullException.ThrowIfNull(value);
        map = default;
        var text = value.AsSpan().Trim();
        var space = text.IndexOf(' ');
        if (space < 0 || !RtpAttributes.TryPayloadType(text[..space], out var payloadType)) return false;
        text = text[(space + 1)..].TrimStart();
        var slash = text.IndexOf('/');
        if (slash <= 0) return false;
        var encoding = text[..slash];
        var rate = text[(slash + 1)..];
        slash = rate.IndexOf('/');
        var channels = 1;
        // "channels" may be any parameter of the encoding; for audio it is a count (§6.6).
        if (slash >= 0 && (!RtpAttributes.TryNumber(rate[(slash + 1)..], 255, out channels) || channels == 0)) return false;
        if (slash >= 0) rate = rate[..slash];
        if (!RtpAttributes.TryNumber(rate, SdpLimits.MaxClockRate, out var clock) || clock == 0) return false;
        map = new RtpMap(payloadType, encoding.ToString(), clock, channels);
        return true;
    }
}

/// <summary>a=rtcp-fb: feedback that the peer can use for one payload type, or for all of them (null, "*") (RFC 4585 §4.2).</summary>
public readonly record struct RtcpFeedback(int? PayloadType, string Feedback)
{
    public static bool TryParse(string value, out RtcpFeedback feedback)
    {
        ArgumentNullException.ThrowIfNull(value);
        feedback = default;
        var space = value.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0) return false;
        var type = value.AsSpan(0, space);
        if (type is "*") feedback = new RtcpFeedback(null, value[(space + 1)..]);
        else if (RtpAttributes.TryPayloadType(type, out var number)) feedback = new RtcpFeedback(number, value[(space + 1)..]);
        else return false;
        return true;
    }
}

/// <summary>a=extmap: the id under which an RTP header extension is sent (RFC 8285 §5).</summary>
public readonly record struct ExtMap(int Id, MediaDirection? Direction, string Uri)
{
    public static bool TryParse(string value, out ExtMap map)
    {
        ArgumentNullException.ThrowIfNull(value);
        map = default;
        var parts = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length < 2) return false;
        var slash = parts[0].IndexOf('/', StringComparison.Ordinal);
        MediaDirection? direction = null;
        if (slash >= 0)
        {
            if (!MediaDirections.TryParse(parts[0].AsSpan(slash + 1), out var named)) return false;
            direction = named;
        }
        if (!RtpAttributes.TryNumber(slash < 0 ? parts[0] : parts[0].AsSpan(0, slash), 4351, out var id) || id == 0) return false;
        map = new ExtMap(id, direction, parts[1]);
        return true;
    }
}

/// <summary>a=ssrc: one property of one source, such as its cname (RFC 5576 §4.1).</summary>
public readonly record struct SsrcAttribute(uint Ssrc, string Name, string? Value)
{
    public static bool TryParse(string value, out SsrcAttribute attribute)
    {
        ArgumentNullException.ThrowIfNull(value);
        attribute = default;
        var space = value.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0 || !uint.TryParse(value.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out var ssrc)) return false;
        var property = value[(space + 1)..];
        var colon = property.IndexOf(':', StringComparison.Ordinal);
        attribute = colon < 0 ? new SsrcAttribute(ssrc, property, null) : new SsrcAttribute(ssrc, property[..colon], property[(colon + 1)..]);
        return attribute.Name.Length > 0;
    }
}

/// <summary>Numbers of RTP attributes, within the limits of <see cref="SdpLimits"/>.</summary>
internal static class RtpAttributes
{
    public static bool TryPayloadType(ReadOnlySpan<char> text, out int payloadType) => TryNumber(text, SdpLimits.MaxPayloadType, out payloadType);

    public static bool TryNumber(ReadOnlySpan<char> text, int highest, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= highest;

    /// <summary>a=ptime in whole milliseconds; RFC 8866 §6.4 allows a fraction, which is cut off.</summary>
    public static bool TryPacketTime(string? value, out int milliseconds)
    {
        milliseconds = 0;
        var text = (value ?? "").AsSpan().Trim();
        if (text.Length > 16
            || !decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var time)
            || time < SdpLimits.MinPacketTime || time > SdpLimits.MaxPacketTime) return false;
        milliseconds = (int)time;
        return true;
    }
}
