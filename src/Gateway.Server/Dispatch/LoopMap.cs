using System.Text;
using Gateway.Server.Accounts;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Dispatch;

/// <summary>
/// Which loop a message belongs to. What we minted (branches, tags) carries its loop's number; a request outside any dialog
/// goes by its target AOR, so that a user's bindings and the calls to them meet on one loop. Thread-safe: it is asked on
/// the receive threads.
/// </summary>
public sealed class LoopMap(int loops, AccountDirectory accounts)
{
    public int Count { get; } = loops;

    /// <summary>Dialogs that live on another loop than their tags say.</summary>
    public MovedDialogs Moved { get; } = new();

    /// <summary>The loop of a dialog by our tag: the one that minted it, unless it has moved or there are fewer loops now.</summary>
    public int LoopOfTag(string tag) =>
        Count == 1 ? 0 : Moved.Find(tag) ?? Minted(Encoding.Latin1.GetBytes(tag)) ?? Hash(tag);

    public int LoopOf(SipMessage message)
    {
        if (Count == 1)
        {
            return 0;
        }

        if (message is SipResponse)
        {
            return Minted(message.TopVia.Branch) ?? 0;
        }

        // A proxied dialog's tags are its phones': our Route says where it lives.
        var request = (SipRequest)message;
        return LoopOfRoute(request) ?? Moved.Find(message.ToTag) ?? Minted(message.ToTag) ?? LoopOfTarget(request);
    }

    /// <param name="aor">user@domain.</param>
    public int LoopOfAor(string aor)
    {
        var at = aor.LastIndexOf('@');
        return accounts.TryGetAor(aor, out var account) ? Hash(account.User) : LoopOfUser(at < 0 ? aor : aor[..at]);
    }

    /// <summary>The loop that looks after an object of the configuration.</summary>
    public int LoopOfId(Guid id) => Count == 1 ? 0 : Hash(id.ToString());

    private int? LoopOfRoute(SipRequest request)
    {
        foreach (var value in request.Values(HeaderId.Route))
        {
            return NameAddressView.TryParse(value, out var address) && address.TryGetUri(out var uri) ? Minted(uri.User) : null;
        }

        return null;
    }

    /// <summary>A message with this tag is led to this loop without being told.</summary>
    public bool IsMintedBy(string tag, int loop) => Count == 1 || Minted(Encoding.Latin1.GetBytes(tag)) == loop;

    private int LoopOfTarget(SipRequest request)
    {
        // RFC 3261 §10.2: a REGISTER names its AOR in To; its Request-URI names the domain only.
        if (request.Method == SipMethod.Register)
        {
            return request.To.TryGetUri(out var to) ? LoopOfUser(to) : 0;
        }

        // RFC 3891 §3, 3911 §4, 4538 §6: a dialog that is named is known to its own loop only.
        if (request.Method is SipMethod.Invite or SipMethod.Refer && (Named(request, HeaderId.Replaces) ?? Named(request, HeaderId.Join) ?? Named(request, HeaderId.TargetDialog)) is { } holder)
        {
            return holder;
        }

        // A trunk calls the Contact that we registered there: it carries the loop that registered it.
        return request.TryGetUri(out var target) ? Minted(target.User) ?? LoopOfUser(target) : 0;
    }

    private int? Named(SipRequest request, HeaderId header) =>
        request.TryGet(header, out var value) && Replaces.TryParse(value, out var named) ? Moved.Find(named!.ToTag) ?? Minted(Encoding.UTF8.GetBytes(named.ToTag)) : null;

    private int LoopOfUser(in SipUriView uri) =>
        DialledNumber.TryFind(accounts, uri, out var account) ? Hash(account.User) : LoopOfUser(DialledNumber.Of(uri));

    private int LoopOfUser(string user) => Hash(accounts.TryGet(user, out var account) ? account.User : user);

    private int Hash(ReadOnlySpan<char> user)
    {
        // FNV-1a: the same on every node and in every run, which a seeded hash is not.
        var hash = 2166136261u;
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in user.EnumerateRunes())
        {
            var length = Rune.ToLowerInvariant(rune).EncodeToUtf8(bytes);
            foreach (var value in bytes[..length])
            {
                hash = (hash ^ value) * 16777619u;
            }
        }

        return Count == 1 ? 0 : (int)(hash % (uint)Count);
    }

    private int? Minted(ReadOnlySpan<byte> id) => TransactionLayer.LoopOf(id) is var loop && loop >= 0 && loop < Count ? loop : null;
}
