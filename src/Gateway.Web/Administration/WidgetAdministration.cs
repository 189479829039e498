using System.Collections.Immutable;
using System.Security.Cryptography;
using Gateway.Server.Configuration;
using Gateway.Server.Routing;
using Gateway.Server.Widgets;

namespace Gateway.Web.Administration;

/// <summary>A click-to-call button on somebody's web page.</summary>
public sealed record WidgetResource : IResource
{
    public Guid Id { get; init; }

    public long Version { get; init; }

    public DateTimeOffset? UpdatedAt { get; init; }

    public string Name { get; init; } = "";

    /// <summary>Only read: the id that stands in the page.</summary>
    public string PublicId { get; init; } = "";

    public bool Enabled { get; init; } = true;

    /// <summary>Where its calls go.</summary>
    public Destination? To { get; init; }

    /// <summary>Exact origins (https://shop.example) that may use it.</summary>
    public ImmutableArray<string> Origins { get; init; } = [];

    /// <summary>Shown to the called side as the caller's name.</summary>
    public string CallerName { get; init; } = "Web visitor";

    public int MaxCallSeconds { get; init; } = 1800;

    /// <summary>Calls at once.</summary>
    public int MaxCalls { get; init; } = 5;

    public int MaxCallsPerDay { get; init; } = 200;

    /// <summary>Of one visitor's address.</summary>
    public int MaxCallsPerAddressPerHour { get; init; } = 6;

    /// <summary>When it takes calls; empty for always.</summary>
    public ImmutableArray<TimeWindow> Hours { get; init; } = [];

    public string TimeZone { get; init; } = "UTC";

    /// <summary>none or proofOfWork.</summary>
    public CaptchaKind Captcha { get; init; }

    /// <summary>Secret of the captcha's verifier. Only written; left out or empty keeps the one that stands.</summary>
    public string? CaptchaSecret { get; init; }

    /// <summary>Only read: a captcha secret is stored.</summary>
    public bool CaptchaSecretSet { get; init; }

    /// <summary>HMAC-SHA256 key of the host page's server. Only written; left out or empty keeps the one that stands.</summary>
    public string? VisitorKey { get; init; }

    /// <summary>Only read: a visitor key is stored.</summary>
    public bool VisitorKeySet { get; init; }

    /// <summary>Names of visitor data that may become X- headers, e.g. Order-Id.</summary>
    public ImmutableArray<string> VisitorHeaders { get; init; } = [];

    /// <summary>Only pages whose server signed the visitor data may call.</summary>
    public bool RequiresSignedVisitor { get; init; }

    /// <summary>What the button says; empty for its default.</summary>
    public string Label { get; init; } = "";
}

/// <summary>The click-to-call widgets.</summary>
internal sealed class WidgetAdministration(AdministrationCore core) : ConfiguredObjects<WidgetResource, Widget>(core)
{
    protected override WidgetResource Show(Stored<Widget> stored)
    {
        var widget = stored.Value;
        return new WidgetResource
        {
            Id = widget.Id, Version = stored.Version, UpdatedAt = stored.UpdatedAt, Name = widget.Name, PublicId = widget.PublicId, Enabled = widget.IsEnabled,
            To = widget.To, Origins = widget.Origins, CallerName = widget.CallerName, MaxCallSeconds = widget.MaxCallSeconds, MaxCalls = widget.MaxCalls,
            MaxCallsPerDay = widget.MaxCallsPerDay, MaxCallsPerAddressPerHour = widget.MaxCallsPerAddressPerHour, Hours = widget.Hours,
            TimeZone = widget.TimeZone, Captcha = widget.Captcha, CaptchaSecretSet = !widget.CaptchaSecret.IsEmpty, VisitorKeySet = !widget.VisitorKey.IsEmpty,
            VisitorHeaders = widget.VisitorHeaders, RequiresSignedVisitor = widget.RequiresSignedVisitor, Label = widget.Label,
        };
    }

    protected override Widget Build(Guid id, WidgetResource wanted, Widget? old) => new()
    {
        Id = id,
        DomainId = Core.DomainId,
        Name = wanted.Name.Trim(),
        PublicId = old?.PublicId ?? NewPublicId(),
        IsEnabled = wanted.Enabled,
        To = wanted.To!,
        Origins = [.. wanted.Origins.Select(origin => origin.TrimEnd('/')).Distinct(StringComparer.Ordinal)],
        CallerName = wanted.CallerName.Trim(),
        MaxCallSeconds = wanted.MaxCallSeconds,
        MaxCalls = wanted.MaxCalls,
        MaxCallsPerDay = wanted.MaxCallsPerDay,
        MaxCallsPerAddressPerHour = wanted.MaxCallsPerAddressPerHour,
        Hours = wanted.Hours,
        TimeZone = wanted.TimeZone,
        Captcha = wanted.Captcha,
        CaptchaSecret = TrunkResource.Keep(wanted.CaptchaSecret, old?.CaptchaSecret),
        VisitorKey = TrunkResource.Keep(wanted.VisitorKey, old?.VisitorKey),
        VisitorHeaders = wanted.VisitorHeaders,
        RequiresSignedVisitor = wanted.RequiresSignedVisitor,
        Label = wanted.Label.Trim(),
    };

    protected override IEnumerable<string> SecretsIn(WidgetResource wanted)
    {
        if (!string.IsNullOrEmpty(wanted.CaptchaSecret)) yield return "captchaSecret";
        if (!string.IsNullOrEmpty(wanted.VisitorKey)) yield return "visitorKey";
    }

    protected override IEnumerable<string> UsersOf(Widget value) => References.ToSource(value.Id, Core.Configuration.Current);

    protected override void Check(WidgetResource wanted, Widget? old, FieldErrors errors)
    {
        errors.Name("name", wanted.Name);
        References.Check("to", wanted.To, Core.Configuration.Current, Core.Accounts, errors);
        errors.Count("origins", wanted.Origins, WidgetCheck.MostOrigins);
        for (var i = 0; i < wanted.Origins.Length; i++)
        {
            if (WidgetCheck.OriginComplaint(wanted.Origins[i].TrimEnd('/')) is { } complaint) errors.Add($"origins[{i}]", complaint);
        }

        if (wanted.Origins.IsDefaultOrEmpty) errors.Add("origins", "Name at least one page origin that may use it, such as https://shop.example.");
        errors.Text("callerName", wanted.CallerName, 64);
        errors.Text("label", wanted.Label, 64);
        errors.Range("maxCallSeconds", wanted.MaxCallSeconds, 10, WidgetCheck.LongestCall);
        errors.Range("maxCalls", wanted.MaxCalls, 1, WidgetCheck.MostCalls);
        errors.Range("maxCallsPerDay", wanted.MaxCallsPerDay, 1, WidgetCheck.MostCallsPerDay);
        errors.Range("maxCallsPerAddressPerHour", wanted.MaxCallsPerAddressPerHour, 1, WidgetCheck.MostCalls);
        TimeWindows.Check("hours", wanted.Hours, errors);
        errors.TimeZone("timeZone", wanted.TimeZone);
        errors.Secret("captchaSecret", wanted.CaptchaSecret);
        errors.Secret("visitorKey", wanted.VisitorKey);
        if (wanted.VisitorKey is { Length: > 0 and < WidgetCheck.ShortestKey })
        {
            errors.Add("visitorKey", $"At least {WidgetCheck.ShortestKey} random characters.");
        }

        if (wanted.RequiresSignedVisitor && string.IsNullOrEmpty(wanted.VisitorKey) && old is not { VisitorKey.IsEmpty: false })
        {
            errors.Add("visitorKey", "Signed visitor data needs a key that the host page's server has too.");
        }

        CheckHeaders(wanted.VisitorHeaders, errors);
    }

    private static string NewPublicId()
    {
        using var random = RandomNumberGenerator.Create();
        return Server.Widgets.PublicId.Mint(random);
    }

    /// <summary>Names become parts of SIP header names: letters, digits and hyphens only (THREATS 22).</summary>
    private static void CheckHeaders(ImmutableArray<string> names, FieldErrors errors)
    {
        errors.Count("visitorHeaders", names, WidgetCheck.MostVisitorHeaders);
        for (var i = 0; i < names.Length; i++)
        {
            if (!VisitorData.IsName(names[i]))
            {
                errors.Add($"visitorHeaders[{i}]", "A name such as Order-Id: letters, digits and hyphens, up to 40.");
            }
        }
    }
}
