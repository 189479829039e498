using Gateway.Server.Widgets;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Widgets;

public sealed class WidgetVisitTests
{
    private readonly WidgetVisits _visits = new();
    private readonly Widget _widget = WidgetFixtures.Shop(shop => shop with { MaxCalls = 2 });

    [Fact, Threat(28)]
    public void A_widget_has_as_many_visits_as_it_may_and_each_once()
    {
        var first = WidgetFixtures.Session(_widget);

        Assert.True(_visits.TryAdmit(first, CoreHarness.Wss(1)));
        Assert.False(_visits.TryAdmit(first, CoreHarness.Wss(2)));
        Assert.True(_visits.TryAdmit(WidgetFixtures.Session(_widget), CoreHarness.Wss(3)));
        Assert.False(_visits.TryAdmit(WidgetFixtures.Session(_widget), CoreHarness.Wss(4)));
        Assert.Equal(2, _visits.CountOf(_widget.Id));
        Assert.Null(_visits.Of(CoreHarness.Wss(4)));
        Assert.Null(_visits.Of(CoreHarness.Udp()));
    }

    [Fact]
    public void A_visit_without_a_call_ends_with_its_socket_and_one_with_a_call_waits_for_another()
    {
        var session = WidgetFixtures.Session(_widget);
        _visits.TryAdmit(session, CoreHarness.Wss(1));
        Assert.Null(_visits.Move(session.Id, CoreHarness.Wss(2)));
        _visits.Closed(CoreHarness.Wss(1));
        Assert.Equal(0, _visits.Count);

        _visits.TryAdmit(session, CoreHarness.Wss(3));
        _visits.Begin(session);
        _visits.Closed(CoreHarness.Wss(3));
        Assert.NotNull(_visits.Find(session.Id));
        Assert.Equal(CoreHarness.Wss(3), _visits.Move(session.Id, CoreHarness.Wss(4)));
        Assert.Equal(session, _visits.Of(CoreHarness.Wss(4))!.Session);
    }

    [Fact]
    public void The_end_of_the_call_is_told_once_and_ends_the_visit()
    {
        var over = new List<WidgetVisit>();
        _visits.Over += over.Add;
        var session = WidgetFixtures.Session(_widget);
        _visits.TryAdmit(session, CoreHarness.Wss(1));
        _visits.Begin(session);

        _visits.End(session);
        _visits.End(session);

        Assert.Single(over);
        Assert.Null(_visits.Find(session.Id));
        Assert.Equal(0, _visits.Count);
        // The socket is still a widget's, and may do nothing any more.
        Assert.Equal(VisitState.Over, _visits.Of(CoreHarness.Wss(1))!.State);
    }
}
