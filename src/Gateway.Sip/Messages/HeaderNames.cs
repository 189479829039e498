using System.Text;

namespace Gateway.Sip;

/// <summary>
/// Header names to and from <see cref="HeaderId"/>: long forms, the compact forms of the IANA registry, and what kind of
/// field each is (comma list or not, once or many times).
/// </summary>
public static class HeaderNames
{
    private static readonly string[] Texts = BuildTexts();
    private static readonly byte[][] Longs = Array.ConvertAll(Texts, Encoding.ASCII.GetBytes);
    private static readonly byte[] Buckets = new byte[1024];
    private static readonly byte[] Chain = new byte[Texts.Length];

    /// <summary>Fields that are comma lists (RFC 3261 §7.3.1 and the RFC of each), so that one line may hold several values.</summary>
    private static readonly HeaderSet Lists = new(
        HeaderId.Accept, HeaderId.AcceptContact, HeaderId.AcceptEncoding, HeaderId.AcceptLanguage, HeaderId.AlertInfo, HeaderId.Allow, HeaderId.AllowEvents,
        HeaderId.CallInfo, HeaderId.Contact, HeaderId.ContentEncoding, HeaderId.ContentLanguage, HeaderId.Diversion,
        HeaderId.ErrorInfo, HeaderId.HistoryInfo, HeaderId.InReplyTo, HeaderId.PAssertedIdentity, HeaderId.Path,
        HeaderId.PEarlyMedia, HeaderId.PPreferredIdentity, HeaderId.ProxyRequire, HeaderId.Reason, HeaderId.RecordRoute,
        HeaderId.RecvInfo, HeaderId.RejectContact, HeaderId.RemotePartyId, HeaderId.RequestDisposition, HeaderId.Require, HeaderId.Route,
        HeaderId.ServiceRoute, HeaderId.Supported, HeaderId.Unsupported, HeaderId.Via, HeaderId.Warning);

    /// <summary>Fields that steer what we do and so may stand once only; a second one is refused, not chosen from.</summary>
    private static readonly HeaderSet Singles = new(
        HeaderId.CallId, HeaderId.CSeq, HeaderId.From, HeaderId.To, HeaderId.MaxForwards, HeaderId.MaxBreadth,
        HeaderId.ContentType, HeaderId.ContentDisposition, HeaderId.Event, HeaderId.Expires, HeaderId.MinExpires,
        HeaderId.MinSE, HeaderId.RAck, HeaderId.RSeq, HeaderId.ReferTo, HeaderId.ReferredBy, HeaderId.Replaces,
        HeaderId.RetryAfter, HeaderId.SessionExpires, HeaderId.SipETag, HeaderId.SipIfMatch, HeaderId.SubscriptionState,
        HeaderId.TargetDialog, HeaderId.Timestamp);

    static HeaderNames()
    {
        for (var id = 1; id < Longs.Length; id++)
        {
            ref var bucket = ref Buckets[Hash(Longs[id])];
            Chain[id] = bucket;
            bucket = (byte)id;
        }
    }

    /// <summary>The long form as it goes on the wire; empty for <see cref="HeaderId.Other"/>.</summary>
    public static ReadOnlySpan<byte> NameOf(HeaderId id) => Longs[(int)id];

    /// <summary>The long form as text.</summary>
    public static string TextOf(HeaderId id) => Texts[(int)id];

    /// <summary>True when one line of this field may hold several values, split by commas.</summary>
    public static bool IsList(HeaderId id) => Lists.Has(id);

    internal static bool IsSingle(HeaderId id) => Singles.Has(id);

    /// <summary>The id of a long or compact name in any case; <see cref="HeaderId.Other"/> when it has none.</summary>
    public static HeaderId Parse(ReadOnlySpan<byte> name)
    {
        if (name.Length <= 1)
        {
            return name.IsEmpty ? HeaderId.Other : Compact(name[0]);
        }
        for (int id = Buckets[Hash(name)]; id != 0; id = Chain[id])
        {
            if (SipLexer.EqualsIgnoreCase(name, Longs[id]))
            {
                return (HeaderId)id;
            }
        }
        return HeaderId.Other;
    }

    // Length, first and last letter without case tell all but a few names apart.
    private static int Hash(ReadOnlySpan<byte> name)
        => ((name.Length * 37) ^ ((name[0] & 31) << 5) ^ (name[^1] & 31) ^ ((name[name.Length / 2] & 31) << 2)) & 1023;

    private static HeaderId Compact(byte letter) => (byte)(letter | 0x20) switch
    {
        (byte)'a' => HeaderId.AcceptContact,
        (byte)'b' => HeaderId.ReferredBy,
        (byte)'c' => HeaderId.ContentType,
        (byte)'d' => HeaderId.RequestDisposition,
        (byte)'e' => HeaderId.ContentEncoding,
        (byte)'f' => HeaderId.From,
        (byte)'i' => HeaderId.CallId,
        (byte)'j' => HeaderId.RejectContact,
        (byte)'k' => HeaderId.Supported,
        (byte)'l' => HeaderId.ContentLength,
        (byte)'m' => HeaderId.Contact,
        (byte)'o' => HeaderId.Event,
        (byte)'r' => HeaderId.ReferTo,
        (byte)'s' => HeaderId.Subject,
        (byte)'t' => HeaderId.To,
        (byte)'u' => HeaderId.AllowEvents,
        (byte)'v' => HeaderId.Via,
        (byte)'x' => HeaderId.SessionExpires,
        (byte)'y' => HeaderId.Identity,
        _ => HeaderId.Other,
    };

    private static string[] BuildTexts()
    {
        var texts = new string[Enum.GetValues<HeaderId>().Length];
        foreach (var id in Enum.GetValues<HeaderId>())
        {
            texts[(int)id] = id switch
            {
                HeaderId.Other => "",
                HeaderId.CallId => "Call-ID",
                HeaderId.CSeq => "CSeq",
                HeaderId.MimeVersion => "MIME-Version",
                HeaderId.MinSE => "Min-SE",
                HeaderId.PAccessNetworkInfo => "P-Access-Network-Info",
                HeaderId.PAssertedIdentity => "P-Asserted-Identity",
                HeaderId.PEarlyMedia => "P-Early-Media",
                HeaderId.PPreferredIdentity => "P-Preferred-Identity",
                HeaderId.RAck => "RAck",
                HeaderId.RemotePartyId => "Remote-Party-ID",
                HeaderId.RSeq => "RSeq",
                HeaderId.SipETag => "SIP-ETag",
                HeaderId.SipIfMatch => "SIP-If-Match",
                HeaderId.WwwAuthenticate => "WWW-Authenticate",
                _ => Hyphenate(id.ToString()),
            };
        }
        return texts;
    }

    private static string Hyphenate(string name)
    {
        var text = new StringBuilder(name.Length + 3);
        foreach (var c in name)
        {
            if (char.IsAsciiLetterUpper(c) && text.Length > 0)
            {
                text.Append('-');
            }
            text.Append(c);
        }
        return text.ToString();
    }
}
