using System.Net;
using Gateway.Server.Registrar;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Registrar;

/// <summary>Who is asked, in what order: q, flows of one device (RFC 5626 §7), caller preferences (RFC 3841 §7.2).</summary>
public sealed class TargetSetTests
{
    private static Binding Contact(string user, double q = 1, string parameters = "", string? instance = null, int regId = 0) => new()
    {
        Id = Guid.CreateVersion7(),
        DomainId = Guid.AllBitsSet,
        NodeId = "node-1",
        Aor = "ada@gw.example",
        Contact = SipUri.Parse($"sip:{user}@h.example.com"),
        ContactParameters = parameters,
        Instance = instance,
        RegId = regId,
        Q = q,
        CallId = "1",
        CSeq = 1,
        Flow = new Flow(SipTransport.Udp, IPEndPoint.Parse("198.51.100.7:5062"), 0, 0),
        ExpiresAt = DateTimeOffset.UnixEpoch,
    };

    private static CallerPreferences Asks(string headers, string method = "INVITE")
    {
        var text = CoreHarness.Wire($"""
            {method} sip:ada@gw.example SIP/2.0
            Via: SIP/2.0/UDP 198.51.100.1;branch=z9hG4bK1
            Max-Forwards: 70
            From: <sip:bob@gw.example>;tag=1
            To: <sip:ada@gw.example>
            Call-ID: 1
            CSeq: 1 {method}
            {headers}
            """.TrimEnd());
        Assert.True(new SipParser().TryParse(System.Text.Encoding.UTF8.GetBytes(text), stream: false, out var message, out _));
        return CallerPreferences.Of((SipRequest)message!);
    }

    /// <summary>Groups in brackets, targets by their users, the flows of one device joined by a bar.</summary>
    private static string Show(TargetSet targets) =>
        string.Join(" ", targets.Groups.Select(group => $"[{string.Join(" ", group.Select(target => string.Join("|", target.Flows.Select(flow => flow.Contact.User))))}]"));

    [Fact, Rfc(3261, "16.6"), Row(44)]
    public void Equal_q_ring_at_once_and_lower_q_later() =>
        Assert.Equal("[b c] [a]", Show(TargetSet.Of([Contact("b"), Contact("c"), Contact("a", 0.3)])));

    [Fact, Rfc(5626, "7"), Row(59)]
    public void Flows_of_one_instance_are_one_target_with_alternatives() =>
        Assert.Equal("[new|old other]", Show(TargetSet.Of(
        [
            Contact("new", instance: "\"<urn:uuid:A>\"", regId: 2),
            Contact("other"),
            Contact("old", instance: "\"<urn:uuid:a>\"", regId: 1),
        ])));

    [Theory, Rfc(5626, "7")]
    [InlineData(430, false, true)]
    [InlineData(408, false, true)]
    [InlineData(503, true, true)]
    [InlineData(503, false, false)]
    [InlineData(486, false, false)]
    [InlineData(404, false, false)]
    public void The_next_flow_is_asked_only_when_the_device_has_not_answered(int status, bool isOurs, bool next) =>
        Assert.Equal(next, Target.MayTryNextFlow(status, isOurs));

    /// <summary>The example of §7.2.5, whose contacts and outcome stand there.</summary>
    [Fact, Rfc(3841, "7.2.5"), Row(59)]
    public void The_example_of_the_rfc_gives_its_order()
    {
        var targets = TargetSet.Of(
            [
                Contact("u5", 0.5),
                Contact("u3", 0.3, ";audio;actor=\"msg-taker\";methods=\"INVITE\";video"),
                Contact("u1", 0.2, ";audio;video;methods=\"INVITE,BYE\""),
                Contact("u2", 0.2, ";audio=\"FALSE\";methods=\"INVITE\";actor=\"msg-taker\""),
                Contact("u4", 0.2, ";audio;methods=\"INVITE,OPTIONS\""),
            ],
            Asks("""
            Reject-Contact: *;actor="msg-taker";video
            Accept-Contact: *;audio;require
            Accept-Contact: *;video;explicit
            Accept-Contact: *;methods="BYE";class="business";q=1.0
            """));

        Assert.Equal("[u5] [u1] [u4]", Show(targets));
        Assert.Equal([1.0, 2.5 / 3, 0.5], targets.All.Select(target => target.Preference));
    }

    [Fact, Rfc(3841, "7.2.2.1")]
    public void A_method_implies_that_the_contact_takes_it()
    {
        Binding[] both = [Contact("talk", parameters: ";methods=\"INVITE,BYE\""), Contact("text", parameters: ";methods=\"MESSAGE\""), Contact("all")];

        Assert.Equal("[talk all]", Show(TargetSet.Of(both, Asks(""))));
        Assert.Equal("[text all]", Show(TargetSet.Of(both, Asks("", "MESSAGE"))));
    }

    [Fact, Rfc(3841, "7.2.4")]
    public void Nobody_left_means_everybody_when_it_was_only_implied_and_nobody_when_it_was_asked_for()
    {
        Binding[] one = [Contact("text", parameters: ";methods=\"MESSAGE\"")];

        Assert.Equal("[text]", Show(TargetSet.Of(one, Asks(""))));
        Assert.True(TargetSet.Of(one, Asks("Accept-Contact: *;methods=\"INVITE\";require")).IsEmpty);
    }

    [Theory, Rfc(3841, "9.1"), Row(59)]
    [InlineData("Request-Disposition: no-fork", "[c]", RequestDirectives.NoFork)]
    [InlineData("Request-Disposition: parallel", "[c b a]", RequestDirectives.Parallel)]
    [InlineData("d: sequential, proxy", "[c] [b] [a]", RequestDirectives.Sequential | RequestDirectives.Proxy)]
    [InlineData("Request-Disposition: redirect, proxy, no-cancel, dance", "[c b] [a]", RequestDirectives.Redirect | RequestDirectives.NoCancel)]
    public void The_callers_directives_are_done(string header, string shown, RequestDirectives directives)
    {
        var targets = TargetSet.Of([Contact("c"), Contact("b"), Contact("a", 0.1)], Asks(header));

        Assert.Equal(shown, Show(targets));
        Assert.Equal(directives, targets.Directives);
    }

    [Theory, Rfc(3841, "7.2.4")]
    [InlineData("a: *;mobility=\"fixed\";require", "[desk plain]")]
    [InlineData("Accept-Contact: *;mobility=\"fixed\"", "[desk plain] [cell]")]
    [InlineData("j: *;mobility=\"mobile\"", "[desk plain]")]
    [InlineData("Accept-Contact: *;mobility=\"mobile\";require;explicit", "[plain cell]")]
    [InlineData("Accept-Contact: *;video;require;explicit", "[desk plain]")]
    [InlineData("Accept-Contact: *;+sip.instance=\"<urn:uuid:desk>\";require;explicit", "[desk plain]")]
    [InlineData("Accept-Contact: *;+x.rate=\"#>=8\";require;explicit", "[plain cell]")]
    [InlineData("Accept-Contact: *;language=\"!de\";require;explicit", "[plain cell]")]
    public void Contacts_are_chosen_by_what_they_say_of_themselves(string header, string shown) =>
        Assert.Equal(shown, Show(TargetSet.Of(
            [
                Contact("desk", parameters: ";mobility=\"fixed\";video;+sip.instance=\"<urn:uuid:desk>\";language=\"de\""),
                Contact("plain"),
                Contact("cell", parameters: ";mobility=\"mobile\";+x.rate=\"#0:16\";language=\"en,de\""),
            ],
            Asks(header))));
}
