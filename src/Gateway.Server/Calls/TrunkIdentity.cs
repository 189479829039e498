using System.Buffers;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// Who calls, in the form that a trunk reads it: From alone, P-Asserted-Identity (RFC 3325) or Remote-Party-ID, and Privacy
/// (RFC 3323). What a caller asserts of itself never comes here; only what was proved of it does (THREATS 27).
/// </summary>
internal static class TrunkIdentity
{
    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789*#");

    private const string Anonymous = "\"Anonymous\" <sip:anonymous@anonymous.invalid>";

    /// <summary>From and the identity headers of an INVITE.</summary>
    public static void WriteCaller(SipWriter writer, TrunkCredentials credentials, Invitation invitation, string localTag, string target)
    {
        var trunk = credentials.Trunk;
        var isHidden = trunk.IsAnonymous || invitation.WantsPrivacy;
        var number = NumberOf(credentials, invitation.Caller);
        var caller = NameAddress(invitation.DisplayName, Written(number, trunk), credentials.Domain);
        writer.Header(HeaderId.From, $"{(isHidden ? Anonymous : caller)};tag={localTag}");
        // A trunk that is never told who calls hears of nobody but itself.
        var own = trunk.CallerNumber.Length > 0 ? trunk.CallerNumber : credentials.User;
        var asserted = !trunk.IsAnonymous ? caller : own.Length > 0 ? NameAddress("", Written(own, trunk), credentials.Domain) : null;
        switch (trunk.Identity)
        {
            case IdentityForm.PAssertedIdentity when asserted is not null:
                writer.Header(HeaderId.PAssertedIdentity, asserted);
                break;
            case IdentityForm.RemotePartyId when asserted is not null:
                writer.Header(HeaderId.RemotePartyId, $"{asserted};party=calling;screen=yes;privacy={(isHidden ? "full" : "off")}");
                break;
        }
        // RFC 3325 §9.3: the trunk asserts to nobody else what it got with "id".
        if (isHidden) writer.Header(HeaderId.Privacy, "id");
        // Which of our users sent the call on is ours to say, unless the trunk is told nothing of them.
        if (invitation.Diversions.Count > 0 && !trunk.IsAnonymous)
        {
            Diverted.Write(writer, invitation.Diversions, number => Uri(Written(number, trunk), credentials.Domain), target);
        }
        // Where it was diverted from is told from one trusted side to another only (THREATS 21).
        if (trunk.TrustsIdentity && invitation is { Caller: Caller.FromTrunk { Trunk.TrustsIdentity: true }, Passed: { } passed })
        {
            writer.Copy(passed, HeaderId.Diversion);
        }
    }

    /// <summary>A number or user at a domain; a telephone number says that it is one (RFC 3261 §19.1.1).</summary>
    public static string Uri(string number, string domain) => HeaderPolicy.Uri($"{number}@{domain}") + UserPhone(number);

    public static string UserPhone(string number) => IsTelephone(number) ? ";user=phone" : "";

    /// <summary>The number of the account or of the far trunk's caller; else the trunk's, its user, the caller's name.</summary>
    private static string NumberOf(TrunkCredentials credentials, Caller caller)
    {
        var user = caller.Aor.LastIndexOf('@') is > 0 and var at ? caller.Aor[..at] : caller.Aor;
        var own = credentials.Extension?.User ?? caller switch
        {
            Caller.FromAccount account => account.Account.CallerNumber,
            Caller.FromTrunk => user,
            _ => "",
        };
        return ((string[])[own, credentials.Trunk.CallerNumber, credentials.User, user]).First(one => one.Length > 0 || one == user);
    }

    private static string NameAddress(string displayName, string number, string domain) =>
        displayName.Length == 0 ? $"<{Uri(number, domain)}>" : $"\"{displayName}\" <{Uri(number, domain)}>";

    private static string Written(string number, Trunk trunk) => trunk.SendsPlus ? number : number.TrimStart('+');

    private static bool IsTelephone(string number) => number.AsSpan().TrimStart('+') is { Length: > 2 } digits && !digits.ContainsAnyExcept(s_digits);
}
