using System.Collections.Immutable;
using System.Text;
using Gateway.Server.Calls;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Trunks;

/// <param name="Extension">Set when the request is for an extension of a PBX: the account is known.</param>
/// <param name="Dialled">The number or user that it is for; empty when it is for the trunk itself.</param>
internal sealed record TrunkMatch(Trunk Trunk, TrunkExtension? Extension, string Dialled);

/// <summary>
/// Says of a request that nobody here has proved whether it comes from a trunk, from which, and who calls. Where it comes
/// from decides; the words in it only choose among trunks that share an address. Loop-only.
/// </summary>
internal sealed class TrunkInbound(LoopServices services)
{
    /// <summary>Characters of a caller's number or name that are kept.</summary>
    private const int LongestUser = 64;

    /// <summary>Null when the request is no trunk's: it then has to prove itself as everybody else's.</summary>
    public TrunkMatch? Identify(SipRequest request, in Flow flow, TimeSpan now)
    {
        var candidates = services.TrunkSources.Find(flow);
        if (candidates.IsEmpty || IsAccount(request, flow, candidates, now))
        {
            return null;
        }

        var configuration = services.Configuration.Current;
        var trunks = candidates.Select(configuration.Trunk).OfType<Trunk>().Where(trunk => trunk.IsEnabled).ToImmutableArray();
        if (trunks.IsEmpty)
        {
            return null;
        }

        var user = request.TryGetUri(out var uri) ? DialledNumber.Of(uri) : "";
        return ByContact(trunks, user, request) ?? ByWords(trunks, user, request);
    }

    /// <summary>The edge proxy that a REGISTER comes from, when it may speak for its phones; else null.</summary>
    public Trunk? Registering(in Flow flow)
    {
        var configuration = services.Configuration.Current;
        foreach (var candidate in services.TrunkSources.Find(flow))
        {
            if (configuration.Trunk(candidate) is { IsEnabled: true, TrustsRegistrations: true } trunk)
            {
                return trunk;
            }
        }

        return null;
    }

    /// <summary>
    /// Who calls, as a call of ours says it: the number at the trunk's domain. What a trunk asserts (RFC 3325,
    /// Remote-Party-ID) counts only when its operator trusts it; of others From is all that is looked at (THREATS 21, 27).
    /// </summary>
    public static Caller.FromTrunk CallerOf(TrunkMatch match, SipRequest request)
    {
        var domain = match.Trunk.Domain.Length > 0 ? match.Trunk.Domain : match.Trunk.Host;
        var (user, name) = match.Trunk.TrustsIdentity && Asserted(request) is { } asserted ? asserted : Read(request.From);
        return new Caller.FromTrunk(match.Trunk, $"{(user.Length > 0 ? user : "anonymous")}@{domain}", name, match.Extension?.Account);
    }

    /// <summary>True when the Request-URI may be called by the trunk: it names us, or the trunk's own domain (THREATS 29).</summary>
    public bool IsForUs(TrunkMatch match, SipRequest request) =>
        request.TryGetUri(out var uri)
        && (services.Hosts.Owns(uri) || Is(uri.Host, match.Trunk.Host) || Is(uri.Host, match.Trunk.Domain));

    /// <summary>
    /// An address may be shared by a trunk and by phones of ours. A flow that an account has proved is the account's, and so
    /// is a request that says it comes from one, unless it comes from the trunk's own port: it has to prove it.
    /// </summary>
    private bool IsAccount(SipRequest request, in Flow flow, ImmutableArray<Guid> candidates, TimeSpan now)
    {
        if (!request.From.TryGetUri(out var from) || !services.Hosts.Owns(from) || !DialledNumber.TryFind(services.Accounts, from, out var account))
        {
            return false;
        }

        if (services.Flows.IsTrusted(flow, account, now))
        {
            return true;
        }

        foreach (var trunk in candidates)
        {
            if (services.TrunkSources.IsExact(trunk, flow))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What calls the Contact that we gave to a trunk names that trunk, or one of its extensions.</summary>
    private TrunkMatch? ByContact(ImmutableArray<Trunk> trunks, string user, SipRequest request)
    {
        if (!TrunkContacts.TryFind(services.Configuration.Current, user, out var id, out var account)
            || trunks.FirstOrDefault(trunk => trunk.Id == id) is not { } trunk)
        {
            return null;
        }

        if (account == Guid.Empty)
        {
            return new TrunkMatch(trunk, null, Called(request, user, trunk));
        }

        return trunk.Type == TrunkKind.Extensions && trunk.Extensions.FirstOrDefault(one => one.Account == account) is { } extension
            ? new TrunkMatch(trunk, extension, extension.User)
            : null;
    }

    /// <summary>Trunks of one address are told apart by the number that is called, then by the domain that the caller is of; else the first one wins.</summary>
    private TrunkMatch ByWords(ImmutableArray<Trunk> trunks, string user, SipRequest request)
    {
        var called = user.Length > 0 ? user : Called(request, user, null);
        foreach (var trunk in trunks)
        {
            if (trunk.Type == TrunkKind.Extensions && trunk.Extensions.FirstOrDefault(one => one.User == called) is { } extension)
            {
                return new TrunkMatch(trunk, extension, called);
            }
        }

        return new TrunkMatch(trunks.Length == 1 ? trunks[0] : Choose(trunks, called, request), null, called);
    }

    private Trunk Choose(ImmutableArray<Trunk> trunks, string called, SipRequest request)
    {
        var from = request.From.TryGetUri(out var uri) ? Encoding.ASCII.GetString(uri.Host) : "";
        var numbers = NumberNormaliser.For(services.Configuration.Current.Numbers);
        var number = numbers.Read(called);
        return trunks
            .OrderBy(trunk => DidTable.Find(trunk, number, numbers) is not null || (trunk.User.Length > 0 && trunk.User == called) ? 0 : 1)
            .ThenBy(trunk => from.Equals(trunk.Domain, StringComparison.OrdinalIgnoreCase) || from.Equals(trunk.Host, StringComparison.OrdinalIgnoreCase) ? 0 : 1)
            .ThenBy(trunk => trunk.Priority)
            .ThenBy(trunk => trunk.Id)
            .First();
    }

    /// <summary>Of a call to our Contact: the number in To when the trunk tells it there; else the trunk's own user.</summary>
    private static string Called(SipRequest request, string contact, Trunk? trunk)
    {
        var to = request.To.TryGetUri(out var uri) ? DialledNumber.Of(uri) : "";
        return to.Length > 0 && to != contact ? to : trunk?.User ?? "";
    }

    /// <summary>The first P-Asserted-Identity, else the Remote-Party-ID of the calling party; null when there is none to read.</summary>
    private static (string User, string Name)? Asserted(SipRequest request)
    {
        foreach (var value in request.Values(HeaderId.PAssertedIdentity))
        {
            if (NameAddressView.TryParse(value, out var address))
            {
                return Read(address);
            }
        }

        foreach (var value in request.Values(HeaderId.RemotePartyId))
        {
            if (NameAddressView.TryParse(value, out var address)
                && (!address.TryGetParameter("party"u8, out var party) || System.Text.Ascii.EqualsIgnoreCase(party, "calling"u8)))
            {
                return Read(address);
            }
        }

        return null;
    }

    private static (string User, string Name) Read(in NameAddressView address)
    {
        var user = address.TryGetUri(out var uri) && !Is(uri.Host, "anonymous.invalid") ? DialledNumber.Of(uri) : "";
        // It becomes the user part of an address of ours and stands in records: what is no number and no name is nobody.
        var isPlain = user.Length <= LongestUser && !user.Any(static c => char.IsControl(c) || c is '@' or '<' or '>' or '"' or '\\');
        return (isPlain ? user : "", HeaderPolicy.DisplayName(address.DisplayName));
    }

    private static bool Is(ReadOnlySpan<byte> host, string name) =>
        name.Length > 0 && System.Text.Ascii.EqualsIgnoreCase(host, Encoding.ASCII.GetBytes(name));
}
