using System.Collections.Immutable;
using Gateway.Server.Ports;
using Gateway.Server.Trunks;
using Gateway.Sip;

namespace Gateway.Server.Routing;

/// <summary>
/// What is asked of sources outside, and what their answers may do. An answer is a stranger's word: it is dialled with the
/// caller's rights, goes to no source a second time, and leaves by a trunk or to an open domain only (THREATS 29, 31).
/// </summary>
internal sealed partial class PlanRun
{
    /// <summary>An answer is followed: nobody is asked again.</summary>
    private bool _isLocated;

    /// <summary>Where an answer leads; a refusal when it leads nowhere that this caller may go.</summary>
    public RoutePlan Located(RoutePlan.ToLocation asked, LocationTarget target)
    {
        _isLocated = true;
        _first = asked.Dialled;
        _current = asked.Dialled;
        return Finish(target switch
        {
            LocationTarget.Number number => Again(number.Value),
            LocationTarget.Address { Uri: var uri } => Address(uri),
            _ => throw new InvalidOperationException("a target without a form"),
        });
    }

    /// <summary>Nothing else knows this number or name: the sources are asked, in their order.</summary>
    private RoutePlan AskUnknown(PhoneNumber number, string dialled, bool isCallersChoice, RoutePlan otherwise)
    {
        if (!services.Locations.AsksUnknown) return otherwise;
        var asked = number.IsNumber ? number : number with { Class = NumberClass.Internal };
        if (isCallersChoice && RightsCheck.Refusal(caller.Rights, asked) is not null)
        {
            Say("the caller may not call it: no location source is asked");
            return otherwise;
        }

        return Ask(number, dialled, [], otherwise);
    }

    /// <summary>A rule says who is asked; <see cref="Follow"/> has checked the caller's rights. An emergency call waits for nobody.</summary>
    private RoutePlan AskByRule(Destination.ToLocation to, PhoneNumber number, Rewrite rewrite, NumberClass kind, DialRule rule)
    {
        var otherwise = to.Group.Length > 0 ? Trunks(to.Group, rewrite.Number, kind, rule) : Refuse(404, "No Route To This Number", "no_route");
        return kind == NumberClass.Emergency ? otherwise : Ask(number, number.Dialled, to.Sources, otherwise);
    }

    private RoutePlan Ask(PhoneNumber number, string dialled, ImmutableArray<string> names, RoutePlan otherwise)
    {
        if (_isLocated)
        {
            Say("it was located once: no source is asked again");
            return otherwise;
        }

        var question = new LocationQuestion(dialled, number.E164, services.Options.Realm, caller.Aor);
        var sources = services.Locations.For(question, names);
        if (sources.IsEmpty)
        {
            if (!names.IsDefaultOrEmpty || services.Locations.AsksUnknown) Say("no location source can be asked for it");
            return otherwise;
        }

        Say($"to be asked where it is: {string.Join(", then ", sources.Select(static source => source.Name))}");
        return new RoutePlan.ToLocation(question, sources, otherwise);
    }

    private RoutePlan Address(SipUri uri)
    {
        // RFC 5630 §3: TLS on every hop is nothing that we can promise.
        if (uri.Scheme == SipScheme.Sips) return Unusable("TLS to the far end cannot be promised");
        var user = uri.User?.Split(';')[0] ?? "";
        if (user.Length == 0) return Unusable("it names nobody");
        if (uri.Scheme == SipScheme.Tel || services.Hosts.Contains(uri.Host)) return Again(user);
        return ByTrunk(uri, user) ?? OpenDomain(uri, user) ?? Unusable($"{uri.Host} is no trunk's and no open domain");
    }

    /// <summary>A number or user of ours, or a number that the rules know; what the source wrote has the rights of the caller.</summary>
    private RoutePlan Again(string number)
    {
        if (_current?.Dialled == number || _current?.E164 == number) return Unusable("that is what was asked for");
        Say($"dialled instead: {number}");
        _forwarded = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { number };
        return Dial(number, "", isCallersChoice: true);
    }

    private RoutePlan? ByTrunk(SipUri uri, string user)
    {
        foreach (var trunk in _index.Snapshot.Trunks)
        {
            if (trunk is not { IsEnabled: true } || trunk.Type == TrunkKind.Extensions || !IsAt(trunk, uri) || IsBack(trunk)) continue;
            Say($"{uri.Host} is trunk \"{trunk.Name}\"");
            return Leave(user, trunk);
        }

        return null;
    }

    private RoutePlan? OpenDomain(SipUri uri, string user)
    {
        if (services.Locations.Open(uri.Host, uri.Port ?? 0, TransportOf(uri), caller.DomainId) is not { } trunk) return null;
        Say($"{uri.Host} is an open domain");
        return Leave(user, trunk);
    }

    private RoutePlan Leave(string user, Trunk trunk)
    {
        var number = _index.Numbers.Read(user);
        if (number is { IsNumber: true, Problem: null } && RightsCheck.Refusal(caller.Rights, number) is { } refused) return refused;
        if (!System.Text.Ascii.IsValid(user)) return Unusable("its user part cannot be sent on");
        return new RoutePlan.ToTrunks(user, [trunk]) { Class = _current?.Class ?? NumberClass.National };
    }

    private RoutePlan.Reject Unusable(string why)
    {
        Say(why);
        return Refuse(404, "No Route To This Number", "location_unusable");
    }

    private static bool IsAt(Trunk trunk, SipUri uri) =>
        (trunk.Host.Equals(uri.Host, StringComparison.OrdinalIgnoreCase) && (uri.Port ?? 0) == trunk.Port)
        || (trunk.Domain.Length > 0 && trunk.Domain.Equals(uri.Host, StringComparison.OrdinalIgnoreCase));

    private static SipTransport? TransportOf(SipUri uri) =>
        uri.TryGetParameter("transport", out var named) && Enum.TryParse<SipTransport>(named, ignoreCase: true, out var transport) && transport is SipTransport.Udp or SipTransport.Tcp or SipTransport.Tls
            ? transport
            : null;
}
