using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// A side of an answered call that came from a checkpoint: after a crash, or from another loop. Whether it once called us or was
/// called makes no difference any more but for what its dialog says.
/// </summary>
internal sealed class RestoredLeg : CallLeg
{
    private readonly LegCheckpoint _from;

    private RestoredLeg(Call call, LegCheckpoint from, Dialog dialog, LegTerms terms, LegHistory history)
        : base(call, dialog.Flow, dialog.LocalTag, from.Aor, from.Role, terms)
    {
        _from = from;
        Dialog = dialog;
        CallId = dialog.CallId;
        Party = CheckpointParties.Resolve(from.Party, Services);
        IsParked = from.IsParked;
        Left = from.Left;
        Resume(history);
    }

    public override Caller? Party { get; }

    public override string Identity => _from.Identity;

    public override bool WantsPrivacy => _from.WantsPrivacy;

    public override bool OwnsCallId => !_from.IsInbound;

    public override Guid? TrunkAccount => _from.TrunkAccount;

    public override bool HoldsChannel => Left is not null;

    /// <summary>Runs once when the leg is gone: what it held is free.</summary>
    public Action? Left { get; set; }

    protected override string ContactUser => _from.ContactUser;

    /// <summary>Null when the dialog cannot be gone on with.</summary>
    public static RestoredLeg? Make(Call call, LegCheckpoint from, Dialog dialog, LegHistory history)
    {
        var trunk = from.Trunk is { } id ? call.Services.Configuration.Current.Trunks.FirstOrDefault(one => one.Id == id) : null;
        return new RestoredLeg(call, from, dialog, LegTerms.Of(trunk), history);
    }

    public void Use(LegMedia media) => Media = media;

    public override TargetLogin? BeginLogin() =>
        !_from.IsInbound && Terms.Trunk is { } trunk && Services.TrunkAccess.For(trunk, _from.TrunkAccount) is { } credentials ? new TargetLogin(credentials.BeginLogin()) : null;

    protected override Action? TakeLeft()
    {
        var left = Left;
        Left = null;
        return left;
    }

    protected override void OnLeft()
    {
        Services.Map.Moved.Remove(LocalTag);
        Left?.Invoke();
        Left = null;
    }
}

/// <summary>The caller of an answered call: it needs no answer any more.</summary>
internal sealed class AnsweredCaller : ICallerSide
{
    public static AnsweredCaller Instance { get; } = new();

    public SipRequest? Invite => null;

    public bool IsDelayedOffer => false;

    public bool HasRung => true;

    public void Progress(int status, byte[]? sdp, TimeSpan now)
    {
    }

    public void Accept(byte[] sdp, TimeSpan now)
    {
    }

    public void Reject(CallEnd end, TimeSpan now)
    {
    }
}
