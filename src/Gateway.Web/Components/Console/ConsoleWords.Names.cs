using System.Globalization;
using Gateway.Server.Accounts;
using Gateway.Server.Proxy;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;

namespace Gateway.Web.Components.Console;

/// <summary>Names of values: roles, kinds, settings, days.</summary>
public sealed partial record ConsoleWords
{
    public string SettingName(string key) => Last(key) switch
    {
        "PublicAddress" => SettingPublicAddress,
        "DnsServers" => SettingDnsServers,
        "TraceMegabytes" => SettingTraceMegabytes,
        "RingLimit" => SettingRingLimit,
        "MaxCalls" => SettingMaxCalls,
        "MediaSilence" => SettingMediaSilence,
        "KeepRecords" => SettingKeepRecords,
        "SignInLifetime" => SettingSignInLifetime,
        "AllowedOrigins" => SettingAllowedOrigins,
        "TrustedProxies" => SettingTrustedProxies,
        var other => other,
    };

    public string SettingHelp(string key) => Last(key) switch
    {
        "PublicAddress" => HelpPublicAddress,
        "DnsServers" => HelpDnsServers,
        "RingLimit" or "MediaSilence" or "KeepRecords" or "SignInLifetime" => HelpTime,
        "AllowedOrigins" or "TrustedProxies" => HelpList,
        _ => HelpEmpty,
    };

    public static string SettingExample(string key) => Last(key) switch
    {
        "PublicAddress" => "203.0.113.7",
        "DnsServers" => "192.0.2.53",
        "TraceMegabytes" => "16",
        "RingLimit" => "00:01:00",
        "MaxCalls" => "5000",
        "MediaSilence" => "00:01:00",
        "KeepRecords" => "400.00:00:00",
        "SignInLifetime" => "12:00:00",
        "AllowedOrigins" => "https://phone.example.org",
        "TrustedProxies" => "10.0.0.0/8",
        _ => "",
    };

    private static string Last(string key) => key[(key.LastIndexOf(':') + 1)..];

    public string ScopeName(string scope) => scope switch
    {
        "read" => ScopeRead,
        "calls" => ScopeCalls,
        "admin" => ScopeAdmin,
        _ => scope,
    };

    public string RoleOfLeg(string role) => role switch
    {
        "caller" => RoleCaller,
        "transfer" => RoleTransfer,
        _ => RoleCallee,
    };

    public string RoleName(AccountRole role) => role switch
    {
        AccountRole.Administrator => RoleAdministrator,
        AccountRole.Supervisor => RoleSupervisor,
        AccountRole.ReadOnly => RoleReadOnly,
        _ => RoleAgent,
    };

    public string TrunkKindName(TrunkKind kind) => kind switch
    {
        TrunkKind.Registering => KindRegistering,
        TrunkKind.Extensions => KindExtensions,
        _ => KindPeer,
    };

    public string TrunkKindHelp(TrunkKind kind) => kind switch
    {
        TrunkKind.Registering => KindRegisteringHelp,
        TrunkKind.Extensions => KindExtensionsHelp,
        _ => KindPeerHelp,
    };

    public string MatchName(PatternKind kind) => kind switch
    {
        PatternKind.Exact => MatchExact,
        PatternKind.Regex => MatchRegex,
        _ => MatchPrefix,
    };

    public string ModeName(CallMode mode) => mode switch
    {
        CallMode.Bridge => ModeBridge,
        CallMode.Proxy => ModeProxy,
        CallMode.Redirect => ModeRedirect,
        _ => ModeAuto,
    };

    public string CallerName(CallerKind kind) => kind switch
    {
        CallerKind.Trunk => CallerTrunk,
        CallerKind.Widget => CallerWidget,
        _ => CallerAccount,
    };

    /// <summary>Short, as a button has room for.</summary>
    public string Day(DayOfWeek day) => CultureInfo.CurrentUICulture.Equals(Setup.Language.Chinese)
        ? "日一二三四五六"[(int)day].ToString()
        : CultureInfo.InvariantCulture.DateTimeFormat.GetAbbreviatedDayName(day);
}
