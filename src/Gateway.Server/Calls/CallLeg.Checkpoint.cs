using System.Net;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>A leg as plain values, and what a leg that is made of them takes over.</summary>
internal abstract partial class CallLeg
{
    /// <summary>We began its dialog.</summary>
    public virtual bool OwnsCallId => false;

    /// <summary>The account whose extension at the trunk the leg uses; null where the trunk's own login serves.</summary>
    public virtual Guid? TrunkAccount => null;

    /// <summary>A channel of its trunk is free when it is gone.</summary>
    public virtual bool HoldsChannel => false;

    /// <summary>Null while there is no answered dialog with agreed media, or none any more.</summary>
    /// <param name="at">A moment of the loop's clock as the call's own clock tells it.</param>
    public LegCheckpoint? ToCheckpoint(Func<TimeSpan, DateTimeOffset> at)
    {
        if (!IsConfirmed || IsHungUp || Media?.ToCheckpoint() is not { } media) return null;
        return new LegCheckpoint
        {
            Dialog = Dialog!.ToSnapshot(),
            Transport = Flow.Transport,
            Remote = Flow.Remote.ToString(),
            Listener = Flow.Listener,
            Connection = Flow.Connection,
            IsInbound = !OwnsCallId,
            Aor = Aor,
            Role = History.Role,
            Identity = Identity,
            ContactUser = ContactUser,
            WantsPrivacy = WantsPrivacy,
            Trunk = Trunk,
            TrunkAccount = TrunkAccount,
            HoldsChannel = HoldsChannel,
            Party = CheckpointParties.Of(Party),
            StartedAt = at(History.StartedAt),
            AnsweredAt = History.AnsweredAt is { } answered ? at(answered) : null,
            IsParked = IsParked,
            Session = SessionTimer.ToCheckpoint(at),
            Media = media,
        };
    }

    /// <summary>Nothing of this side is under way that the next loop could not know of.</summary>
    public bool IsAtRest => IsConfirmed && !IsHungUp && !Reinvite.IsBusy && !SessionTimer.IsRefreshing && Referral is null or { IsOver: true };

    /// <summary>The side goes to another loop: here it is no more, and nothing of it is ended.</summary>
    /// <returns>What frees the things that it holds.</returns>
    public Action? Depart()
    {
        IsGone = true;
        IsHungUp = true;
        SessionTimer.Stop();
        InviteUsage.Stop();
        Reinvite.Stop(default);
        Call.Manager.Index.Remove(this);
        return TakeLeft();
    }

    /// <summary>What is to be done when the side is gone, for whoever has it then.</summary>
    protected virtual Action? TakeLeft() => null;

    /// <summary>The flow that a checkpoint names; false when it names none.</summary>
    public static bool TryFlow(LegCheckpoint from, out Flow flow)
    {
        var isOne = IPEndPoint.TryParse(from.Remote, out var remote);
        flow = isOne ? new Flow(from.Transport, remote!, from.Listener, from.Connection) : default;
        return isOne;
    }

    protected void Resume(LegHistory history) => History = history;

    /// <summary>A connection of an earlier process is closed, whoever had it: we open one where we can, or wait for the peer's.</summary>
    public void FindWay()
    {
        if (Flow.Connection != 0 && !Services.IsOpen(Flow)) IsFlowDown = Flow.IsWebSocket || !TryReach();
    }
}
