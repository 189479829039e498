using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gateway.Server.Widgets;

/// <summary>Why a token was not taken; the names are the labels of the counter.</summary>
public enum TicketFault : byte
{
    None,
    /// <summary>Not signed by us, or changed since.</summary>
    Forged,
    /// <summary>Made for the other use.</summary>
    WrongUse,
    Expired,
}

/// <summary>Mints and reads tokens: base64url of the claims as JSON, a dot, base64url of HMAC-SHA256 over what stands before the dot.</summary>
public sealed class WidgetTickets
{
    /// <summary>Longest token that is looked at: visitor data is the most of it.</summary>
    public const int MaxLength = 6000;

    /// <summary>A token that admits is good for this long.</summary>
    public static readonly TimeSpan CallLifetime = TimeSpan.FromSeconds(60);

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        // It becomes base64url at once: no text around it could be broken out of.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    private readonly byte[] _key;

    /// <param name="tokenKey">The node's token key; ours is derived from it, so that no other kind of token fits here.</param>
    public WidgetTickets(byte[] tokenKey)
    {
        ArgumentNullException.ThrowIfNull(tokenKey);
        ArgumentOutOfRangeException.ThrowIfLessThan(tokenKey.Length, 32, nameof(tokenKey));
        _key = HKDF.DeriveKey(HashAlgorithmName.SHA256, tokenKey, 32, info: "gateway widget tickets 1"u8.ToArray());
    }

    public string Mint(WidgetTicket ticket)
    {
        var claims = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(ticket, s_json));
        return $"{claims}.{Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.ASCII.GetBytes(claims)))}";
    }

    /// <summary>The MAC is checked, in constant time, before anything is read.</summary>
    public TicketFault Read(string? token, TicketUse use, DateTimeOffset utcNow, out WidgetTicket? ticket)
    {
        ticket = null;
        var dot = token?.IndexOf('.', StringComparison.Ordinal) ?? -1;
        if (token is null || token.Length > MaxLength || dot <= 0 || !Base64Url.IsValid(token.AsSpan(dot + 1), out var macLength) || macLength != HMACSHA256.HashSizeInBytes)
        {
            return TicketFault.Forged;
        }

        var mac = HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(token[..dot]));
        if (!CryptographicOperations.FixedTimeEquals(mac, Base64Url.DecodeFromChars(token.AsSpan(dot + 1))))
        {
            return TicketFault.Forged;
        }

        // Signed by us, so it is what we wrote.
        var read = JsonSerializer.Deserialize<WidgetTicket>(Base64Url.DecodeFromChars(token.AsSpan(0, dot)), s_json)!;
        if (read.Use != use) return TicketFault.WrongUse;
        if (read.Expires <= utcNow.ToUnixTimeSeconds()) return TicketFault.Expired;
        ticket = read;
        return TicketFault.None;
    }
}
