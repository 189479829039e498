using Gateway.Server.Accounts;
using Gateway.Server.Trunks;
using Gateway.Server.Widgets;

namespace Gateway.Server.Routing;

/// <summary>Who places a call, as authentication proved it.</summary>
/// <param name="Aor">user@domain as it stands in records and in the far leg's From.</param>
public abstract record Caller(Guid DomainId, string Aor, string DisplayName)
{
    public abstract CallerKind Kind { get; }

    /// <summary>Id of the account, trunk or widget: what rights and caps are counted by.</summary>
    public abstract Guid Id { get; }

    public abstract CallRights Rights { get; }

    public sealed record FromAccount(Account Account, string Aor, string DisplayName) : Caller(Account.DomainId, Aor, DisplayName)
    {
        public override CallerKind Kind => CallerKind.Account;

        public override Guid Id => Account.Id;

        public override CallRights Rights => Account.Rights;
    }

    /// <param name="Extension">Of a trunk of extensions: the account the PBX called, already known by the registered contact.</param>
    public sealed record FromTrunk(Trunk Trunk, string Aor, string DisplayName, Guid? Extension = null) : Caller(Trunk.DomainId, Aor, DisplayName)
    {
        public override CallerKind Kind => CallerKind.Trunk;

        public override Guid Id => Trunk.Id;

        public override CallRights Rights => Trunk.Rights;
    }

    public sealed record FromWidget(WidgetSession Session, string Aor) : Caller(Session.Widget.DomainId, Aor, Session.Widget.CallerName)
    {
        public override CallerKind Kind => CallerKind.Widget;

        public override Guid Id => Session.Widget.Id;

        public override CallRights Rights => CallRights.InternalOnly;
    }
}
