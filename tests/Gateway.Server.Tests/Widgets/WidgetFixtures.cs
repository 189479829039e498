using Gateway.Server.Configuration;
using Gateway.Server.Routing;
using Gateway.Server.Widgets;

namespace Gateway.Server.Tests.Widgets;

internal static class WidgetFixtures
{
    public static readonly DateTimeOffset Now = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    public static Widget Shop(Func<Widget, Widget>? change = null)
    {
        var widget = new Widget
        {
            Id = Guid.CreateVersion7(Now),
            DomainId = Guid.AllBitsSet,
            Name = "Shop",
            PublicId = "w_7Hq2abcdefghijkm",
            To = new Destination.ToService("echo"),
            Origins = ["https://shop.example"],
            VisitorKey = new SecretText("0123456789abcdef0123456789abcdef"),
            VisitorHeaders = ["Order-Id", "Customer"],
        };
        return change?.Invoke(widget) ?? widget;
    }

    public static WidgetSession Session(Widget widget) => new()
    {
        Id = Guid.CreateVersion7(Now), Widget = widget, Origin = widget.Origins[0], MaxSeconds = widget.MaxCallSeconds,
    };
}
