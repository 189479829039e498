using Gateway.Server.Configuration;
using Gateway.Server.Routing;
using Gateway.Server.Widgets;
using Gateway.Testing;

namespace Gateway.Server.Tests.Widgets;

public sealed class WidgetCheckTests
{
    [Fact]
    public void A_widget_as_an_operator_makes_it_has_no_complaint() => Assert.Empty(WidgetCheck.Complaints(WidgetFixtures.Shop()));

    [Theory, Threat(28), Rfc(6454, "7")]
    [InlineData("https://shop.example", true)]
    [InlineData("https://shop.example:8443", true)]
    [InlineData("http://localhost:3000", true)]
    [InlineData("http://[::1]:3000", true)]
    [InlineData("https://shop.example/", false)]
    [InlineData("https://shop.example/page", false)]
    [InlineData("https://*.example", false)]
    [InlineData("https://Shop.example", false)]
    [InlineData("https://shop.example:443", false)]
    [InlineData("http://shop.example", false)]
    [InlineData("shop.example", false)]
    [InlineData("null", false)]
    [InlineData("ftp://shop.example", false)]
    [InlineData("https://user@shop.example", false)]
    [InlineData("https://münchen.example", false)]
    public void Origins_are_exact(string origin, bool good) => Assert.Equal(good, WidgetCheck.OriginComplaint(origin) is null);

    [Fact]
    public void Every_field_out_of_range_is_named()
    {
        var widget = WidgetFixtures.Shop(shop => shop with
        {
            Name = " ",
            PublicId = "w_guess",
            Origins = [],
            MaxCallSeconds = 5,
            MaxCalls = 0,
            MaxCallsPerDay = 0,
            MaxCallsPerAddressPerHour = 0,
            TimeZone = "Mars/Olympus",
            Hours = [new TimeWindow { From = new TimeOnly(9, 0), To = new TimeOnly(9, 0) }],
            RequiresSignedVisitor = true,
            VisitorKey = SecretText.None,
            VisitorHeaders = ["Order\r\nEvil", "1st"],
            CallerName = "a\nb",
            Label = new string('x', 65),
            To = new Destination.Refusal(403, "no"),
        });

        var fields = WidgetCheck.Complaints(widget).Select(one => one.Field).ToHashSet();

        Assert.Superset(new HashSet<string>
        {
            "name", "publicId", "origins", "maxCallSeconds", "maxCalls", "maxCallsPerDay", "maxCallsPerAddressPerHour", "timeZone", "hours",
            "visitorKey", "visitorHeaders", "callerName", "label", "to",
        }, fields);
    }

    [Fact]
    public void Public_ids_are_minted_well_formed_and_different()
    {
        using var random = new SeededRandom(3);
        var ids = Enumerable.Range(0, 1000).Select(_ => PublicId.Mint(random)).ToList();

        Assert.All(ids, id => Assert.True(PublicId.IsWellFormed(id), id));
        Assert.Equal(1000, ids.Distinct(StringComparer.Ordinal).Count());
    }
}
