using System.Collections.Immutable;
using Gateway.Server.Registrar;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>
/// Whom an <see cref="OutboundLeg"/> calls: what its INVITE says of both sides, and which way it goes. The leg itself is the
/// same for a contact of an account and for a trunk.
/// </summary>
internal abstract class LegTarget
{
    /// <summary>user@domain of the account, or of the number behind a trunk.</summary>
    public abstract string Aor { get; }

    public virtual LegTerms Terms => LegTerms.Phone;

    /// <summary>The user part of our Contact.</summary>
    public virtual string ContactUser => "gw";

    /// <summary>The Route values of its first request.</summary>
    public abstract IReadOnlyList<string> Routes { get; }

    /// <summary>What a loop would lead to again; see <see cref="LoopGuard"/>.</summary>
    public virtual string Goal => Aor;

    /// <summary>How long it may say nothing at all while another could be asked; null for as long as its transaction lives.</summary>
    public virtual TimeSpan? Patience => null;

    /// <summary>When its connection closes, it is asked by another instead of waited for.</summary>
    public virtual bool HasOtherWay => false;

    public abstract string RequestUri(in Flow flow);

    /// <summary>From, To, and what else tells of the caller.</summary>
    public abstract void WriteParties(SipWriter writer, Invitation invitation, string localTag);

    /// <summary>The login for one request; null for targets whose challenges are never answered (THREATS 23).</summary>
    public virtual TargetLogin? BeginLogin() => null;

    /// <summary>The same one after its device came back by another connection.</summary>
    public virtual LegTarget At(Flow flow, LoopServices services) => this;
}

/// <summary>A contact that an account has registered, and the connection that it registered by.</summary>
internal sealed class ContactTarget(Binding binding, string aor) : LegTarget
{
    public Binding Binding { get; } = binding;

    /// <summary>Other flows of the same device, to be asked when this one tells nothing of it (RFC 5626 §7).</summary>
    public ImmutableArray<Binding> Others { get; init; } = [];

    public override bool HasOtherWay => !Others.IsEmpty;

    public override string Aor { get; } = aor;

    public override IReadOnlyList<string> Routes => Binding.Path;

    /// <summary>The contact with all its parameters (ROWS 55b).</summary>
    public override string RequestUri(in Flow flow) => Binding.TargetOf(isSips: false)!.ToString();

    public override void WriteParties(SipWriter writer, Invitation invitation, string localTag)
    {
        writer.Header(HeaderId.From, $"{invitation.From};tag={localTag}");
        writer.Header(HeaderId.To, $"<{HeaderPolicy.Uri(Aor)}>");
        // RFC 3323 §5.3: what the caller's words tell of it is not told either.
        if (invitation is { WantsPrivacy: false, Passed: { } passed }) HeaderPolicy.CopyPassed(writer, passed);
    }

    public override LegTarget At(Flow flow, LoopServices services) =>
        new ContactTarget(services.Bindings.Published.Get(Aor).FirstOrDefault(known => known.Flow == flow) ?? Binding, Aor);
}
