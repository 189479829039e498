using System.Globalization;
using System.Text;

namespace Gateway.Server.Calls;

/// <summary>
/// Digits in the body of INFO: <c>application/dtmf-relay</c> ("Signal=5", "Duration=100") and <c>application/dtmf</c>
/// (the digit alone). No RFC has them; every phone and JsSIP do.
/// </summary>
internal static class DtmfInfo
{
    private const int DefaultMilliseconds = 160;

    public static bool IsDtmf(ReadOnlySpan<byte> contentType) =>
        SdpBody.IsType(contentType, "application/dtmf-relay"u8) || SdpBody.IsType(contentType, "application/dtmf"u8);

    /// <summary>Reads the digit and how long it was held (40 ms to 6 s, as RFC 4733 senders do).</summary>
    public static bool TryParse(ReadOnlySpan<byte> body, out char digit, out TimeSpan duration)
    {
        digit = default;
        var milliseconds = DefaultMilliseconds;
        foreach (var range in body.SplitAny((byte)'\r', (byte)'\n'))
        {
            var line = Trim(body[range]);
            if (line.IsEmpty) continue;
            var equals = line.IndexOf((byte)'=');
            if (equals < 0)
            {
                if (digit == default) digit = Digit(line);
                continue;
            }
            var name = Trim(line[..equals]);
            var value = Trim(line[(equals + 1)..]);
            if (Ascii.EqualsIgnoreCase(name, "Signal"u8)) digit = Digit(value);
            else if (Ascii.EqualsIgnoreCase(name, "Duration"u8)
                && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var given)) milliseconds = given;
        }
        duration = TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 40, 6000));
        return digit != default;
    }

    public static byte[] Write(char digit, TimeSpan duration) => Encoding.ASCII.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"Signal={digit}\r\nDuration={(int)duration.TotalMilliseconds}\r\n"));

    private static char Digit(ReadOnlySpan<byte> text) => text switch
    {
        [>= (byte)'0' and <= (byte)'9' or (byte)'*' or (byte)'#'] => (char)text[0],
        [>= (byte)'A' and <= (byte)'D' or >= (byte)'a' and <= (byte)'d'] => char.ToUpperInvariant((char)text[0]),
        // Some phones number the two signs as RFC 4733 events do.
        [(byte)'1', (byte)'0'] => '*',
        [(byte)'1', (byte)'1'] => '#',
        _ => default,
    };

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text) => text.Trim(" \t"u8);
}
