namespace Gateway.Server.Routing;

/// <summary>How the dry run and refusals call things.</summary>
internal static class Words
{
    public static string Of(CallerKind kind) => kind switch
    {
        CallerKind.Account => "accounts",
        CallerKind.Trunk => "trunks",
        _ => "widgets",
    };

    public static string Of(NumberClass kind) => kind switch
    {
        NumberClass.Internal => "internal",
        NumberClass.Emergency => "emergency",
        NumberClass.Short => "short code",
        NumberClass.National => "national",
        NumberClass.International => "international",
        _ => "premium",
    };
}
