namespace Gateway.Server.Trunks;

/// <summary>What of a changed trunk matters to whom, so that a new name or codec order disturbs no registration.</summary>
internal static class TrunkChange
{
    /// <summary>Another way there: its addresses, its health and its connections are to be found anew.</summary>
    public static bool IsWay(Trunk before, Trunk after) =>
        (before.Host, before.Port, before.Transport, before.OutboundProxy) != (after.Host, after.Port, after.Transport, after.OutboundProxy)
        || before.Tls != after.Tls;

    /// <summary>Another login: what was learnt of challenges is void, and the registrar is asked at once.</summary>
    public static bool IsLogin(Trunk before, Trunk after) =>
        IsWay(before, after)
        || (before.User, before.AuthUser, before.Domain, before.Realm) != (after.User, after.AuthUser, after.Domain, after.Realm)
        || before.Password != after.Password;

    /// <summary>Another binding at another place, or of another address of record: the old one has to go.</summary>
    public static bool IsBinding(Trunk before, Trunk after) =>
        (before.Host, before.Port, before.Transport, before.OutboundProxy, before.Domain, before.User)
        != (after.Host, after.Port, after.Transport, after.OutboundProxy, after.Domain, after.User);

    public static bool IsExtensionBinding(TrunkCredentials before, TrunkCredentials after) =>
        IsBinding(before.Trunk, after.Trunk) || before.User != after.User;

    public static bool IsExtensionLogin(TrunkCredentials before, TrunkCredentials after) =>
        IsLogin(before.Trunk, after.Trunk)
        || before.AuthUser != after.AuthUser
        || before.Extension?.Password != after.Extension?.Password
        || before.Trunk.RegisterSeconds != after.Trunk.RegisterSeconds;
}
