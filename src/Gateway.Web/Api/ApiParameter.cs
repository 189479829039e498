using Gateway.Server.Routing;
using Gateway.Web.Administration;
using Gateway.Web.Webhooks;

namespace Gateway.Web.Api;

/// <summary>A query parameter or header that an operation reads by itself, for the description.</summary>
/// <param name="In">query or header.</param>
/// <param name="Example">As it is written in a request.</param>
internal sealed record ApiParameter(string In, string Name, string Description, string Example, bool IsRequired = false, bool IsNumber = false);

/// <summary>A body that works, for the description.</summary>
internal sealed record ApiExample(string Json);

/// <summary>What is said of many operations in the same words.</summary>
internal static class ApiWords
{
    public static TBuilder WithQuery<TBuilder>(this TBuilder builder, string name, string description, string example) where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new ApiParameter("query", name, description, example));

    public static TBuilder WithPaging<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(
        new ApiParameter("query", "limit", $"How many at most, 1 to {Paging.Most}; {Paging.Usual} when left out.", "50", IsNumber: true),
        new ApiParameter("query", "cursor", "Of the page before (its next), unchanged; left out for the first page.", "Q0FSUklFUg"));

    public static TBuilder WithIfMatch<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(
        new ApiParameter("header", "If-Match", "The ETag of the version that you have read, or * for whatever stands there.", "\"3\"", IsRequired: true));

    /// <summary>One object of each kind that can be made as it stands here; places in braces are filled by the reader.</summary>
    public static string? ExampleOf(Type resource) => resource.Name switch
    {
        nameof(AccountResource) => """{"user":"carol","displayName":"Carol Weber","role":"agent","aliases":["1003"],"callerNumber":"+493055512","rights":{"national":true,"international":false,"maxCalls":4}}""",
        nameof(TrunkResource) => """
            {"name":"carrier-a","type":"registering","host":"sip.carrier.example","transport":"tls","user":"493055512","password":"from-your-provider",
             "codecs":["PCMA","PCMU"],"group":"carriers","priority":1,"maxCalls":30,"dids":[{"number":"+4930555*","to":{"kind":"service","service":"echo"}}]}
            """,
        nameof(RouteResource) => """
            {"name":"no premium at night","order":10,"match":"prefix","pattern":"+49900","from":["account"],"timeZone":"Europe/Berlin",
             "when":[{"days":["monday","tuesday","wednesday","thursday","friday"],"from":"18:00","to":"08:00"}],"to":{"kind":"reject","status":403,"reason":"Closed"}}
            """,
        nameof(GroupResource) => """{"name":"Sales","extension":"600","members":[],"ringSeconds":25,"overflow":{"kind":"service","service":"tone"}}""",
        nameof(NumbersResource) => """{"countryCode":"49","nationalPrefix":"0","internationalPrefix":"00","areaCode":"30","emergency":["110","112"],"shortCodes":["115"],"premiumPrefixes":["+49900"]}""",
        nameof(WidgetResource) => """
            {"name":"Shop","to":{"kind":"service","service":"echo"},"origins":["https://shop.example"],"callerName":"Shop visitor","maxCalls":3,
             "hours":[{"days":["monday"],"from":"09:00","to":"17:00"}],"timeZone":"Europe/Berlin"}
            """,
        nameof(DryRunQuestion) => """{"kind":"account","caller":"019a9f6e-0000-7000-8000-000000000000","number":"030 555 12","at":"2026-11-20T22:00:00Z"}""",
        nameof(OriginateRequest) => """{"from":"alice","to":"+493055512"}""",
        nameof(TransferRequest) => """{"by":"callee","to":"bob"}""",
        nameof(HoldRequest) => """{"side":"callee","hold":true}""",
        nameof(WebhookResource) => """{"name":"CRM","url":"https://crm.example/hooks/calls","events":["call.answered","call.ended"]}""",
        nameof(ApiKeyResource) => """{"name":"call centre report","scopes":["read"]}""",
        _ => null,
    };
}
