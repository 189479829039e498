using System.Text;
using Gateway.Sip;
using Gateway.Testing;

namespace Gateway.Server.Tests.Calls;

/// <summary>Which contacts of an account a call rings, and when: by q, by device, by the caller's wish, and by what became of those before.</summary>
public class ContactHuntTests
{
    private readonly CallRig _rig = new(new ServerOptions { Realm = CallRig.Realm });
    private readonly TestPeer _alice;

    public ContactHuntTests() => _alice = _rig.Phone("alice", 1);

    private TestPeer Contact(TestPeer peer, double q = 1, string? instance = null, int regId = 0, string parameters = "", params string[] path)
    {
        var id = Guid.CreateVersion7();
        peer.As = binding => binding with { Id = id, Q = q, Instance = instance, RegId = regId, ContactParameters = parameters, Path = path };
        return _rig.Register(peer);
    }

    private TestPeer Bob(int host, double q = 1, string? instance = null, int regId = 0, string parameters = "") =>
        Contact(_rig.Phone("bob", host), q, instance, regId, parameters);

    private TestDialog Call(string headers = "") => _alice.Call("bob", SdpText.Offer(false, "PCMU"), headers);

    private static void Refuse(TestPeer peer, int status)
    {
        peer.Ringing().Respond(status);
        peer.Take(SipMethod.Ack);
    }

    [Fact, Rfc(3261, "16.6"), Row(44)]
    public void A_lower_q_is_asked_when_all_of_the_higher_have_refused()
    {
        var desk = Bob(2);
        var web = Bob(3);
        var mobile = Bob(4, 0.5);
        var call = Call();
        Refuse(desk, 486);
        Assert.False(mobile.Has(SipMethod.Invite));
        Refuse(web, 480);
        mobile.Ringing().Answer("PCMU");
        mobile.Take(SipMethod.Ack);
        call.Establish();
        call.Send("BYE");
        mobile.Respond(mobile.Take(SipMethod.Bye), 200);
        _rig.AssertNothingIsLeft();
    }

    [Fact, Rfc(3261, "16.6"), Row(44)]
    public void What_rings_without_an_answer_gives_way_to_the_next_and_the_best_refusal_is_told()
    {
        var desk = Bob(2);
        var mobile = Bob(3, 0.5);
        var call = Call();
        var ring = desk.Ringing();
        ring.Respond(180);
        _rig.Advance(TimeSpan.FromSeconds(19.9));
        Assert.False(mobile.Has(SipMethod.Invite));
        _rig.Advance(TimeSpan.FromSeconds(0.2));
        desk.Respond(desk.Take(SipMethod.Cancel), 200);
        ring.Respond(487);
        desk.Take(SipMethod.Ack);
        Refuse(mobile, 486);
        call.Expect(486);
        call.AckRefusal();
        _rig.AssertNothingIsLeft();
    }

    [Fact, Rfc(3261, "16.7")]
    public void A_6xx_speaks_for_the_user_whatever_his_other_contacts_q()
    {
        var desk = Bob(2);
        var mobile = Bob(3, 0.5);
        var call = Call();
        Refuse(desk, 603);
        call.Expect(603);
        call.AckRefusal();
        Assert.Empty(mobile.Inbox);
        _rig.AssertNothingIsLeft();
    }

    [Theory, Rfc(5626, "7"), Row(59)]
    [InlineData(430)]
    [InlineData(408)]
    public void Of_one_device_a_single_flow_rings_and_the_next_one_when_that_has_failed(int status)
    {
        var one = Bob(2, instance: "\"<urn:uuid:b>\"", regId: 1);
        var two = Bob(3, instance: "\"<urn:uuid:B>\"", regId: 2);
        var call = Call();
        Assert.False(two.Has(SipMethod.Invite));
        Refuse(one, status);
        two.Ringing().Answer("PCMU");
        two.Take(SipMethod.Ack);
        call.Establish();
        call.Send("BYE");
        two.Respond(two.Take(SipMethod.Bye), 200);
        _rig.AssertNothingIsLeft();
    }

    [Fact, Rfc(5626, "7")]
    public void A_device_that_answered_is_not_asked_again_by_its_other_flow()
    {
        var one = Bob(2, instance: "\"<urn:uuid:b>\"", regId: 1);
        var two = Bob(3, instance: "\"<urn:uuid:b>\"", regId: 2);
        var call = Call();
        Refuse(one, 486);
        call.Expect(486);
        call.AckRefusal();
        Assert.Empty(two.Inbox);
        _rig.AssertNothingIsLeft();
    }

    [Fact, Rfc(5626, "7")]
    public void A_flow_that_closes_before_it_rang_gives_way_to_the_other_at_once()
    {
        var one = Contact(_rig.Browser("bob", 5), instance: "\"<urn:uuid:b>\"", regId: 1);
        var two = Contact(_rig.Browser("bob", 6), instance: "\"<urn:uuid:b>\"", regId: 2);
        Call();
        one.Take(SipMethod.Invite);
        _rig.Close(one);
        Assert.True(two.Has(SipMethod.Invite));
    }

    [Fact, Rfc(5626, "7")]
    public void When_every_flow_of_the_only_device_has_failed_the_caller_hears_that_it_cannot_be_reached()
    {
        var one = Bob(2, instance: "\"<urn:uuid:b>\"", regId: 1);
        var two = Bob(3, instance: "\"<urn:uuid:b>\"", regId: 2);
        var call = Call();
        Refuse(one, 430);
        Refuse(two, 430);
        call.Expect(480);
        call.AckRefusal();
        _rig.AssertNothingIsLeft();
    }

    [Fact, Rfc(3841, "7.2"), Row(59)]
    public void A_caller_who_rejects_phones_that_move_reaches_the_desk_only()
    {
        var desk = Bob(2, parameters: ";mobility=\"fixed\"");
        var mobile = Bob(3, parameters: ";mobility=\"mobile\"");
        Call("Reject-Contact: *;mobility=\"mobile\"\r\n");
        Assert.True(desk.Has(SipMethod.Invite));
        Assert.Empty(mobile.Inbox);
    }

    [Fact, Rfc(3841, "11")]
    public void A_caller_with_too_many_wishes_is_refused()
    {
        Bob(2);
        Call(string.Concat(Enumerable.Repeat("Accept-Contact: *;audio\r\n", 21))).Expect(400);
    }

    [Fact, Rfc(3841, "7.2.4")]
    public void Nobody_who_fits_is_480()
    {
        var mobile = Bob(3, parameters: ";mobility=\"mobile\"");
        var call = Call("Accept-Contact: *;mobility=\"fixed\";require;explicit\r\n");
        call.Expect(480);
        call.AckRefusal();
        Assert.Empty(mobile.Inbox);
        _rig.AssertNothingIsLeft();
    }

    [Fact, Rfc(3327, "5.4"), Row(59), Row("55b")]
    public void The_way_that_the_registration_came_is_the_route_to_the_contact()
    {
        var bob = Contact(_rig.Phone("bob", 2), path: ["<sip:p2.example;lr>", "<sip:p1.example;lr;ob>"]);
        Call();
        var invite = bob.Take(SipMethod.Invite);
        var routes = new List<string>();
        foreach (var route in invite.Values(HeaderId.Route)) routes.Add(Encoding.UTF8.GetString(route));
        Assert.Equal(["<sip:p2.example;lr>", "<sip:p1.example;lr;ob>"], routes);
        Assert.Equal("sip:bob@192.0.2.2:5060;line=bob1", Encoding.UTF8.GetString(invite.UriBytes));
    }
}
