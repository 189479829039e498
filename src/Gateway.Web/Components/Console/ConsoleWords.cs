using System.Globalization;
using Gateway.Server.Accounts;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;

namespace Gateway.Web.Components.Console;

/// <summary>Every word of the console in both languages; the language of the request chooses (Setup/Language.cs). A table file: one line a word.</summary>
public sealed partial record ConsoleWords
{
    private static readonly ConsoleWords s_english = new();

    public static ConsoleWords Now => CultureInfo.CurrentUICulture.Equals(Setup.Language.Chinese) ? s_chinese : s_english;

    public string ConsoleMenu { get; init; } = "Console menu";
    public string Overview { get; init; } = "Overview";
    public string LiveCalls { get; init; } = "Live calls";
    public string Records { get; init; } = "Call records";
    public string Accounts { get; init; } = "Accounts";
    public string Trunks { get; init; } = "Trunks";
    public string Routes { get; init; } = "Routes";
    public string Groups { get; init; } = "Ring groups";
    public string Widgets { get; init; } = "Widgets";
    public string Integrations { get; init; } = "Integrations";
    public string Audit { get; init; } = "Audit log";
    public string Settings { get; init; } = "Settings";
    public string AccountsLead { get; init; } = "People and phones that sign in here and can be called.";
    public string TrunksLead { get; init; } = "Ways out to a PBX or a carrier, and in from it.";
    public string RoutesLead { get; init; } = "Which way a number goes. The first rule that matches decides.";
    public string GroupsLead { get; init; } = "Several accounts ring together; the first answer wins.";
    public string WidgetsLead { get; init; } = "Click-to-call buttons for web pages. The page knows a public id only; where the call goes is decided here.";
    public string Search { get; init; } = "Search";
    public string Edit { get; init; } = "Edit";
    public string Show { get; init; } = "Show";
    public string Back { get; init; } = "Back";
    public string Remove { get; init; } = "Remove";
    public string Choose { get; init; } = "Choose…";
    public string CountOf { get; init; } = "{0} of {1}";
    public string Saved { get; init; } = "{0} is saved.";
    public string Deleted { get; init; } = "{0} is deleted.";
    public string DeleteSure { get; init; } = "Really delete {0}";
    public string StoreFailed { get; init; } = "The database did not take the change. Try again; if it stays so, look at the log.";
    public string SecretKept { get; init; } = "One is stored. Leave this empty to keep it.";
    public string WholeNumber { get; init; } = "A whole number is needed.";
    public string Enabled { get; init; } = "Enabled";
    public string Disabled { get; init; } = "Disabled";
    public string SwitchedOff { get; init; } = "Switched off";
    public string Up { get; init; } = "Up";
    public string Down { get; init; } = "Down";
    public string NotYetKnown { get; init; } = "Not known yet";
    public string Gone { get; init; } = "(gone)";
    public string More { get; init; } = "More settings";
    public string Limits { get; init; } = "Limits";
    public string ZeroNoLimit { get; init; } = "0 for no limit";
    public string NewAccount { get; init; } = "New account";
    public string NoAccounts { get; init; } = "No accounts yet.";
    public string User { get; init; } = "User";
    public string UserHelp { get; init; } = "Letters a to z, digits, - _ . +; stays for the account's life.";
    public string Role { get; init; } = "Role";
    public string RoleHelp { get; init; } = "Agents phone; read-only sees the console; supervisors also control calls; administrators change everything.";
    public string RoleAgent { get; init; } = "Agent";
    public string RoleReadOnly { get; init; } = "Read-only";
    public string RoleSupervisor { get; init; } = "Supervisor";
    public string RoleAdministrator { get; init; } = "Administrator";
    public string CallerNumber { get; init; } = "Caller number";
    public string CallerNumberHelp { get; init; } = "Shown by trunks for its calls; empty: the trunk's own.";
    public string Aliases { get; init; } = "Numbers and other names";
    public string AliasesHelp { get; init; } = "One a line: short numbers, direct numbers, other names.";
    public string PasswordHelp { get; init; } = "8 characters or more; empty: one is made and shown once.";
    public string GeneratePassword { get; init; } = "Make a new password and show it once";
    public string PasswordOnce { get; init; } = "The password of {0}, shown this once:";
    public string Digest { get; init; } = "Digest algorithm";
    public string DigestHelp { get; init; } = "MD5 unless every phone of the account speaks SHA-256.";
    public string AccountEnabledHelp { get; init; } = "Off: it cannot sign in, register or be called; sessions end at once.";
    public string Rights { get; init; } = "Rights";
    public string RightsHelp { get; init; } = "What it may call. International and premium are off unless you switch them on.";
    public string RightInternal { get; init; } = "Inside";
    public string RightEmergency { get; init; } = "Emergency";
    public string RightShort { get; init; } = "Short codes";
    public string RightNational { get; init; } = "National";
    public string RightInternational { get; init; } = "International";
    public string RightPremium { get; init; } = "Premium";
    public string MaxCalls { get; init; } = "Calls at once";
    public string MaxMinutes { get; init; } = "Minutes a day";
    public string MaxCallSeconds { get; init; } = "Seconds a call";
    public string AllowedPrefixes { get; init; } = "Always allowed";
    public string DeniedPrefixes { get; init; } = "Never allowed";
    public string NewGroup { get; init; } = "New ring group";
    public string NoGroups { get; init; } = "No ring groups yet.";
    public string Extension { get; init; } = "Extension";
    public string ExtensionHelp { get; init; } = "The number that reaches it from inside; empty for none.";
    public string Members { get; init; } = "Members";
    public string RingSeconds { get; init; } = "Ring for (s)";
    public string Overflow { get; init; } = "When nobody answers";
    public string OverflowHelp { get; init; } = "Empty: the caller hears that nobody is there.";
    public string Nowhere { get; init; } = "Nowhere";
    public string AnAccount { get; init; } = "Account";
    public string AGroup { get; init; } = "Ring group";
    public string ATrunk { get; init; } = "Trunk";
    public string AService { get; init; } = "Service";
    public string ANumber { get; init; } = "Another number";
    public string ARefusal { get; init; } = "Refuse";
    public string EchoService { get; init; } = "Echo test";
    public string ToneService { get; init; } = "Test tone";
    public string StatusCode { get; init; } = "SIP status";
    public string Reason { get; init; } = "Reason";
    public string Days { get; init; } = "Days";
    public string FromTime { get; init; } = "From";
    public string ToTime { get; init; } = "To";
    public string AddHours { get; init; } = "Add hours";
    public string TimeZone { get; init; } = "Time zone";
    public string NewTrunk { get; init; } = "New trunk";
    public string NoTrunks { get; init; } = "No trunks yet.";
    public string Kind { get; init; } = "Kind";
    public string KindPeer { get; init; } = "Peer";
    public string KindRegistering { get; init; } = "Registering";
    public string KindExtensions { get; init; } = "Extensions";
    public string KindPeerHelp { get; init; } = "Known by its addresses; nobody registers.";
    public string KindRegisteringHelp { get; init; } = "The gateway registers there with one user for all calls.";
    public string KindExtensionsHelp { get; init; } = "Accounts here are extensions of the PBX, each with credentials of its own.";
    public string Host { get; init; } = "Host";
    public string HostHelp { get; init; } = "Name or address. A name is looked up by NAPTR, SRV, A and AAAA.";
    public string Port { get; init; } = "Port";
    public string PortHelp { get; init; } = "0: by DNS, else 5060 or 5061";
    public string Automatic { get; init; } = "Automatic";
    public string Domain { get; init; } = "Domain";
    public string DomainHelp { get; init; } = "Of From and To; empty: the host.";
    public string TrunkUser { get; init; } = "User";
    public string TrunkUserHelp { get; init; } = "The user that the provider gave you.";
    public string Group { get; init; } = "Group";
    public string Extensions { get; init; } = "Extensions";
    public string ExtensionsHelp { get; init; } = "While one of these accounts is registered here, the gateway registers its extension at the PBX.";
    public string ExtensionUser { get; init; } = "Extension at the PBX";
    public string AddExtension { get; init; } = "Add an extension";
    public string Dids { get; init; } = "Numbers that come in";
    public string DidsHelp { get; init; } = "The first that matches decides; a star at the end matches what begins so. Unknown numbers are refused.";
    public string DidNumber { get; init; } = "Number";
    public string AddDid { get; init; } = "Add a number";
    public string LeadsTo { get; init; } = "Leads to";
    public string FailoverGroup { get; init; } = "Failover group";
    public string FailoverGroupHelp { get; init; } = "Trunks of one group stand in for each other.";
    public string Priority { get; init; } = "Priority";
    public string PriorityHelp { get; init; } = "Lower is tried first.";
    public string Weight { get; init; } = "Weight";
    public string WeightHelp { get; init; } = "Share among the same priority.";
    public string MaxCallsPerSecond { get; init; } = "New calls a second";
    public string QualifySeconds { get; init; } = "Check every (s)";
    public string QualifyHelp { get; init; } = "By OPTIONS; 0 for never.";
    public string RegisterSeconds { get; init; } = "Registration lasts (s)";
    public string OutboundProxy { get; init; } = "Outbound proxy";
    public string AuthUser { get; init; } = "Digest user";
    public string AuthUserHelp { get; init; } = "When it is not the user.";
    public string TrunkCallerHelp { get; init; } = "For callers that have none of their own.";
    public string Identity { get; init; } = "Caller identity";
    public string ReliableOff { get; init; } = "Off";
    public string ReliableSupported { get; init; } = "When the other side asks";
    public string ReliableRequired { get; init; } = "Always";
    public string Codecs { get; init; } = "Codecs";
    public string CodecsHelp { get; init; } = "In the order offered; empty: the gateway's own.";
    public string AllowedSources { get; init; } = "Calls come from";
    public string AllowedSourcesHelp { get; init; } = "Addresses and prefixes, beside those the host resolves to.";
    public string InboundUser { get; init; } = "Inbound user";
    public string InboundUserHelp { get; init; } = "Calls from it must answer a challenge with this user; empty: the address is enough.";
    public string InboundPassword { get; init; } = "Inbound password";
    public string TrustsIdentity { get; init; } = "Believe who it says is calling";
    public string TrustsIdentityHelp { get; init; } = "P-Asserted-Identity and Remote-Party-ID of a PBX of your own.";
    public string AnonymousOut { get; init; } = "Never say who calls";
    public string SendsPlus { get; init; } = "Write numbers with plus";
    public string VerifyCertificate { get; init; } = "Check its certificate";
    public string VerifyHelp { get; init; } = "Off only for a peer whose certificate nobody can mend.";
    public string Authorities { get; init; } = "Trusted authorities (PEM)";
    public string AuthoritiesHelp { get; init; } = "Empty: the system's.";
    public string OwnCertificate { get; init; } = "Our certificate (PEM)";
    public string OwnCertificateHelp { get; init; } = "For mutual TLS; empty for none.";
    public string OwnKey { get; init; } = "Its key (PEM)";
    public string TrunkRights { get; init; } = "What its calls may reach";
    public string TrunkRightsHelp { get; init; } = "Beyond the numbers above. Nothing outside unless you say so.";
    public string NewRoute { get; init; } = "New rule";
    public string NoRoutes { get; init; } = "No rules yet.";
    public string NoRoutesLead { get; init; } = "Without a rule calls stay inside. A first rule: prefix +, leads to your trunk.";
    public string Order { get; init; } = "Order";
    public string OrderHelp { get; init; } = "The lowest is tried first.";
    public string Matches { get; init; } = "Matches";
    public string MatchPrefix { get; init; } = "begins with";
    public string MatchExact { get; init; } = "is";
    public string MatchRegex { get; init; } = "regular expression";
    public string Pattern { get; init; } = "Pattern";
    public string PatternHelp { get; init; } = "Compared with the number in the form +4930…, or with what was dialled when it has none.";
    public string Strip { get; init; } = "Digits to take off";
    public string Prepend { get; init; } = "Put before";
    public string PrependHelp { get; init; } = "With a regular expression the whole replacement ($1…).";
    public string ForWhom { get; init; } = "For whom";
    public string ForWhomHelp { get; init; } = "None chosen: for everyone.";
    public string Everyone { get; init; } = "everyone";
    public string CallerAccount { get; init; } = "Accounts";
    public string CallerTrunk { get; init; } = "Trunks";
    public string CallerWidget { get; init; } = "Widgets";
    public string When { get; init; } = "When";
    public string WhenHelp { get; init; } = "Without hours it always applies.";
    public string NumberPlan { get; init; } = "Number plan";
    public string NumberPlanLead { get; init; } = "How dialled digits become full numbers here, and which of them are special.";
    public string CountryCode { get; init; } = "Country code";
    public string NationalPrefix { get; init; } = "National prefix";
    public string InternationalPrefix { get; init; } = "International prefix";
    public string AreaCode { get; init; } = "Area code";
    public string AreaCodeHelp { get; init; } = "For numbers without a prefix.";
    public string EmergencyNumbers { get; init; } = "Emergency numbers";
    public string ShortCodes { get; init; } = "Short codes";
    public string PremiumPrefixes { get; init; } = "Premium prefixes";
    public string DryRun { get; init; } = "Where would a number go?";
    public string DryRunLead { get; init; } = "Asks the dial plan as it stands now; no call is made.";
    public string DryRunCaller { get; init; } = "Who dials";
    public string DryRunNumber { get; init; } = "What is dialled";
    public string DryRunAsk { get; init; } = "Show the way";
    public string DryRunSteps { get; init; } = "Why";
    public string NewWidget { get; init; } = "New widget";
    public string NoWidgets { get; init; } = "No widgets yet.";
    public string PublicId { get; init; } = "Public id";
    public string Origins { get; init; } = "Origins";
    public string OriginsHelp { get; init; } = "Exactly as a browser sends them, one a line: https://shop.example";
    public string ButtonLabel { get; init; } = "Button text";
    public string ShownAs { get; init; } = "Shown as";
    public string ShownAsHelp { get; init; } = "The caller's name on the called phone.";
    public string KillSwitchHelp { get; init; } = "Off: no new calls from any page, at once.";
    public string WidgetToHelp { get; init; } = "A visitor can call this and nothing else.";
    public string MaxPerDay { get; init; } = "Calls a day";
    public string MaxPerAddress { get; init; } = "Calls an hour from one address";
    public string BusinessHours { get; init; } = "Business hours";
    public string BusinessHoursHelp { get; init; } = "Outside of them the button says when you are there again.";
    public string Captcha { get; init; } = "Against robots";
    public string CaptchaHelp { get; init; } = "Proof of work: the visitor's browser solves a small puzzle, nobody has to type.";
    public string CaptchaNone { get; init; } = "None";
    public string CaptchaWork { get; init; } = "Proof of work";
    public string VisitorKey { get; init; } = "Key for visitor data";
    public string VisitorKeyHelp { get; init; } = "Your web server signs what it knows of the visitor with it.";
    public string VisitorHeaders { get; init; } = "Visitor data passed on";
    public string VisitorHeadersHelp { get; init; } = "Becomes X- headers toward the called phone, e.g. Order-Id.";
    public string RequiresSigned { get; init; } = "Only pages with signed visitor data may call";
    public string Snippet { get; init; } = "Put this on your page";
    public string SnippetLead { get; init; } = "One script, one element. The page's own rules (CSP) must allow this gateway.";
    public string Copy { get; init; } = "Copy";
    public string Copied { get; init; } = "Copied";
    public string CheckTrunk { get; init; } = "Test this trunk";
    public string CheckTrunkLead { get; init; } = "DNS, reachability, OPTIONS and registration, each with what to do.";
    public string Details { get; init; } = "Details";
    public string Checking { get; init; } = "Testing…";

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
