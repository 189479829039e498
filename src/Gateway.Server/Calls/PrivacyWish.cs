using System.Text;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// What a Privacy header asks for (RFC 3323 §4.2, RFC 3325 §9.3, RFC 7044 §10). A back-to-back user agent gives header and session
/// privacy to every call: Via, Contact, Call-ID and media addresses of one side are never seen on the other.
/// </summary>
/// <param name="IsHidden">Nobody may be told who calls: user, id.</param>
/// <param name="IsNone">No privacy is wanted, whatever the caller's From looks like.</param>
/// <param name="Missing">What we cannot do, when the caller said that it is critical; empty otherwise.</param>
internal readonly record struct PrivacyWish(bool IsHidden, bool IsNone, string Missing)
{
    private const int Most = 16;

    public static PrivacyWish Read(SipRequest request)
    {
        var (isHidden, isNone, isCritical, count) = (false, false, false, 0);
        var missing = new StringBuilder();
        // §4.2 separates the values by semicolons; many phones by commas.
        foreach (var value in request.Values(HeaderId.Privacy))
        {
            foreach (var range in value.SplitAny((byte)';', (byte)','))
            {
                var level = value[range].Trim(" \t"u8);
                if (level.IsEmpty || ++count > Most) continue;
                if (Is(level, "id"u8) || Is(level, "user"u8)) isHidden = true;
                else if (Is(level, "none"u8)) isNone = true;
                else if (Is(level, "critical"u8)) isCritical = true;
                else if (!Is(level, "header"u8) && !Is(level, "session"u8) && !Is(level, "history"u8)) missing.Append(missing.Length > 0 ? " " : "").Append(HeaderPolicy.DisplayName(level));
            }
        }
        // §4.2: none stands alone; beside others it is not what they say.
        return new PrivacyWish(isHidden, isNone && !isHidden, isCritical ? missing.ToString() : "");
    }

    private static bool Is(ReadOnlySpan<byte> level, ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(level, name);
}
