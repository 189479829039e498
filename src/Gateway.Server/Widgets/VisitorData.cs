using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Server.Widgets;

/// <summary>
/// What the host page's server says of its visitor (an order, a customer number). Only what it signed is believed, and only
/// what the widget names travels on, as X- header fields of the call (docs/widget.md has the exact form).
/// </summary>
public static class VisitorData
{
    public const int MostFields = 16;
    public const int LongestName = 40;
    public const int LongestValue = 200;

    /// <summary>Of all names and values together: they travel inside the token, in a URL.</summary>
    public const int MostCharacters = 1000;

    private const int SignatureChars = 64;

    /// <summary>A signed field that never travels on: the visitor's own address, where the page's server asks in its stead.</summary>
    public const string ClientAddress = "client-ip";

    /// <summary>How old a signature may be.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>How far the page's server's clock may be ahead of ours.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromSeconds(60);

    /// <summary>A letter, then letters, digits and hyphens: safe as a part of a header name (RFC 3261 §25.1 token).</summary>
    public static bool IsName(string? name) =>
        name is { Length: > 0 and <= LongestName } && char.IsAsciiLetter(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    /// <summary>Control characters (CR, LF, NUL among them) and halves of characters are refused, not repaired (THREATS 22).</summary>
    public static bool IsValue(string? value)
    {
        if (value is null || value.Length > LongestValue) return false;
        foreach (var rune in value.EnumerateRunes())
        {
            if (Rune.IsControl(rune) || rune == Rune.ReplacementChar || rune.Value is 0x2028 or 0x2029) return false;
        }

        return true;
    }

    /// <summary>Null when all fields can be taken, else which one cannot and why.</summary>
    public static string? Complaint(IReadOnlyDictionary<string, string> visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        if (visitor.Count > MostFields) return $"visitor has more than {MostFields} fields";
        if (visitor.Sum(field => field.Key.Length + (field.Value?.Length ?? 0)) > MostCharacters) return $"visitor has more than {MostCharacters} characters";
        foreach (var (name, value) in visitor)
        {
            if (!IsName(name)) return "a field name of visitor is not a letter followed by letters, digits and hyphens";
            if (!IsValue(value)) return $"visitor.{name} is longer than {LongestValue} characters or holds control characters";
        }

        return visitor.Keys.GroupBy(Plain, StringComparer.Ordinal).Any(group => group.Count() > 1) ? "two fields of visitor differ in hyphens or case only" : null;
    }

    /// <summary>The one JSON text of these fields: names in ASCII order, no white space, only quote and backslash escaped.</summary>
    public static string Canonical(IReadOnlyDictionary<string, string> visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        var text = new StringBuilder("{");
        foreach (var (name, value) in visitor.OrderBy(field => field.Key, StringComparer.Ordinal))
        {
            if (text.Length > 1) text.Append(',');
            text.Append('"').Append(name).Append("\":\"").Append(value.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
        }

        return text.Append('}').ToString();
    }

    /// <summary>Lower-case hex of HMAC-SHA256(key, timestamp "." canonical JSON), all UTF-8.</summary>
    public static string Sign(string key, long timestamp, IReadOnlyDictionary<string, string> visitor) =>
        Convert.ToHexStringLower(Mac(key, timestamp, visitor));

    /// <summary>Constant time as to the signature.</summary>
    public static bool IsSigned(string key, long timestamp, IReadOnlyDictionary<string, string> visitor, string? signature)
    {
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        return signature is { Length: SignatureChars }
            && Convert.FromHexString(signature, given, out _, out var length) == System.Buffers.OperationStatus.Done
            && length == given.Length
            && CryptographicOperations.FixedTimeEquals(Mac(key, timestamp, visitor), given);
    }

    public static bool IsFresh(long timestamp, DateTimeOffset utcNow)
    {
        var age = utcNow.ToUnixTimeSeconds() - timestamp;
        return age <= (long)Lifetime.TotalSeconds && age >= -(long)Skew.TotalSeconds;
    }

    /// <summary>The fields that the widget lets through, named as the widget names them.</summary>
    public static ImmutableDictionary<string, string> Select(ImmutableArray<string> allowed, IReadOnlyDictionary<string, string> visitor)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        if (allowed.IsDefaultOrEmpty || visitor.Count == 0) return ImmutableDictionary<string, string>.Empty;
        var given = visitor.ToDictionary(field => Plain(field.Key), field => field.Value, StringComparer.Ordinal);
        var selected = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var name in allowed)
        {
            if (IsName(name) && given.TryGetValue(Plain(name), out var value)) selected[name] = value;
        }

        return selected.ToImmutable();
    }

    /// <summary>The header field of one of them.</summary>
    public static (string Name, string Value) Header(string name, string value) => ("X-" + name, Encode(value));

    /// <summary>order-id, orderId and Order-Id are the same field: HTML, JavaScript and SIP each write it in their own way.</summary>
    public static string Plain(string name) => name.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    /// <summary>Printable ASCII but the percent sign stands for itself, the rest as %XX of its UTF-8: every PBX can read it.</summary>
    public static string Encode(string value)
    {
        var text = new StringBuilder(value.Length);
        foreach (var b in Encoding.UTF8.GetBytes(value.Trim()))
        {
            if (b is >= 0x20 and < 0x7F and not (byte)'%') text.Append((char)b);
            else text.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }

        return text.ToString();
    }

    private static byte[] Mac(string key, long timestamp, IReadOnlyDictionary<string, string> visitor) =>
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{timestamp}.{Canonical(visitor)}")));
}
