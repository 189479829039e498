using Gateway.Server.Ports;
using Gateway.Server.Trunks;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>A number behind a trunk, written as the trunk wants it, with the trunk's login.</summary>
internal sealed class TrunkTarget(TrunkCredentials credentials, string number, NextHop hop) : LegTarget
{
    private readonly string _number = credentials.Trunk.SendsPlus ? number : number.TrimStart('+');

    /// <summary>Which of the trunk's addresses it is called at.</summary>
    public NextHop Hop => hop;

    public override string Aor => $"{_number}@{credentials.Domain}";

    public override string Goal => number;

    public override LegTerms Terms { get; } = LegTerms.Of(credentials.Trunk);

    public override string ContactUser => credentials.ContactUser;

    public override IReadOnlyList<string> Routes => credentials.Routes;

    public override TimeSpan? Patience => CallLimits.TrunkPatience;

    public override string RequestUri(in Flow flow) => credentials.RequestUri(_number) + TrunkIdentity.UserPhone(_number);

    public override void WriteParties(SipWriter writer, Invitation invitation, string localTag)
    {
        TrunkIdentity.WriteCaller(writer, credentials, invitation, localTag, credentials.RequestUri(_number));
        writer.Header(HeaderId.To, $"<{TrunkIdentity.Uri(_number, credentials.Domain)}>");
    }

    public override TargetLogin BeginLogin() => new(credentials.BeginLogin());
}
