using Gateway.Server.Accounts;
using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Trunks;

/// <summary>Accounts that are extensions of a PBX: registered there while they are here, and gone when they are gone.</summary>
public sealed class ExtensionTests
{
    private readonly TrunkRig _rig = new();
    private readonly Account _ada;
    private readonly TestPhone _phone;

    public ExtensionTests()
    {
        _ada = _rig.Core.AddAccount("ada");
        _phone = new TestPhone(_rig.Core, "ada", CoreHarness.Wss());
    }

    private Trunk Trunk => TrunkRig.Registering with
    {
        Type = TrunkKind.Extensions,
        User = "",
        Password = default,
        Extensions = [new TrunkExtension { Account = _ada.Id, User = "201", AuthUser = "auth201", Password = new("ext-secret") }],
    };

    private TrunkStatus Status => _rig.Status(Trunk);

    private void Advance(double seconds) => _rig.Core.Advance(TimeSpan.FromSeconds(seconds));

    private void Come() => Assert.Equal(200, _phone.Register().Status);

    private void Go() => Assert.Equal(200, _phone.Register(0).Status);

    [Fact, Row(90), Rfc(3261, "10.2")]
    public void An_account_is_registered_with_its_own_login_when_it_comes()
    {
        _rig.Configure(Trunk);
        _rig.AssertQuiet();
        Come();
        Advance(1);
        var first = _rig.TakeOnly();
        Assert.Equal("<sip:201@192.0.2.5>", first.Header(HeaderId.To));
        _rig.Challenge(first);

        var second = _rig.TakeOnly();

        TrunkRig.Proves(second, "ext-secret", "auth201");
        _rig.Grant(second);
        Assert.Equal("registered", Status.Extensions["201"]);
    }

    [Fact]
    public void An_account_that_is_here_already_is_registered_when_the_trunk_comes()
    {
        Come();
        _rig.Configure(Trunk);
        Advance(1);

        _rig.TakeOnly();
    }

    [Fact, Rfc(3261, "10.2.2")]
    public void The_last_binding_takes_it_out_again()
    {
        _rig.Configure(Trunk);
        Come();
        Advance(1);
        _rig.Grant(_rig.TakeOnly());
        var other = new TestPhone(_rig.Core, "ada", CoreHarness.Udp());
        Assert.Equal(200, other.Register().Status);
        Go();
        Advance(10);
        _rig.AssertQuiet();
        Assert.Equal(200, other.Register(0).Status);
        Advance(4);

        var leave = _rig.TakeOnly();

        Assert.Equal(0, TrunkRig.Expires(leave));
        _rig.Grant(leave, 0);
        Assert.Empty(Status.Extensions);
        Assert.Equal(0, _rig.Manager.Registrations);
    }

    [Fact]
    public void A_browser_that_reloads_does_not_show_at_the_pbx()
    {
        _rig.Configure(Trunk);
        Come();
        Advance(1);
        _rig.Grant(_rig.TakeOnly());
        for (var i = 0; i < 5; i++)
        {
            Go();
            Advance(2);
            Come();
            Advance(2);
        }

        _rig.AssertQuiet();
        Assert.Equal("registered", Status.Extensions["201"]);
    }

    [Fact]
    public void One_that_only_looked_in_is_never_registered()
    {
        _rig.Configure(Trunk);
        Come();
        Go();
        Advance(10);

        _rig.AssertQuiet();
        Assert.Equal(0, _rig.Manager.Registrations);
    }

    [Fact, Row(90)]
    public void A_call_of_the_pbx_to_the_extension_rings_the_account()
    {
        _rig.Configure(Trunk);
        Come();
        Advance(1);
        var register = _rig.TakeOnly();
        _rig.Grant(register);
        var contact = register.Header(HeaderId.Contact)!;
        _rig.Core.TakeAll();
        _rig.Core.Receive($"""
            INVITE {contact[1..contact.IndexOf('>', StringComparison.Ordinal)]} SIP/2.0
            Via: SIP/2.0/UDP 192.0.2.5:5060;branch=z9hG4bKpbx1;rport
            Max-Forwards: 70
            From: "Reception" <sip:100@192.0.2.5>;tag=p
            To: <sip:201@192.0.2.5>
            Call-ID: pbx-1
            CSeq: 1 INVITE
            Contact: <sip:pbx@192.0.2.5>
            Content-Length: 0
            """, CoreHarness.Udp("192.0.2.5:5060"));

        var ring = _rig.Core.TakeAll().Single(message => message.Message is SipRequest { Method: SipMethod.Invite });

        Assert.Equal(_phone.Flow, ring.Flow);
        Assert.StartsWith("\"Reception\" <sip:100@192.0.2.5>", ring.Header(HeaderId.From), StringComparison.Ordinal);
    }

    [Fact]
    public void Credentials_are_the_extensions_own_and_there_are_none_for_strangers()
    {
        _rig.Configure(Trunk);
        var trunk = _rig.Core.Services.Configuration.Current.Trunks[0];

        var credentials = _rig.Core.Services.TrunkAccess.For(trunk, _ada.Id)!;

        Assert.Equal(("201", "auth201", "201@192.0.2.5"), (credentials.User, credentials.AuthUser, credentials.Aor));
        Assert.NotEqual(credentials.ContactUser, _rig.Core.Services.TrunkAccess.Get(trunk, null).ContactUser);
        Assert.Null(_rig.Core.Services.TrunkAccess.For(trunk, Guid.NewGuid()));
        Assert.Null(_rig.Core.Services.TrunkAccess.For(trunk, null));
    }

    [Fact]
    public void An_extension_that_is_taken_away_or_renamed_leaves_the_pbx()
    {
        _rig.Configure(Trunk);
        Come();
        Advance(1);
        _rig.Grant(_rig.TakeOnly());
        _rig.Configure(Trunk with { Extensions = [Trunk.Extensions[0] with { User = "202" }] });
        var (leave, come) = (_rig.Take(), _rig.TakeOnly());
        Assert.Equal(("<sip:201@192.0.2.5>", 0), (leave.Header(HeaderId.To), TrunkRig.Expires(leave)));
        Assert.Equal(("<sip:202@192.0.2.5>", 600), (come.Header(HeaderId.To), TrunkRig.Expires(come)));
        _rig.Grant(leave, 0);
        _rig.Grant(come);
        Assert.Equal(["202"], Status.Extensions.Keys);
        _rig.Configure(Trunk with { Extensions = [] });

        Assert.Equal(("<sip:202@192.0.2.5>", 0), (_rig.TakeOnly() is var gone ? gone.Header(HeaderId.To) : null, TrunkRig.Expires(gone)));
        Assert.Empty(Status.Extensions);
    }

    [Fact]
    public void A_removed_account_leaves_the_pbx()
    {
        _rig.Configure(Trunk);
        Come();
        Advance(1);
        _rig.Grant(_rig.TakeOnly());
        _rig.Core.Accounts.Remove(_ada.Id);
        _rig.Core.Core.RemoveBindings("ada@gw.example");
        Advance(4);

        Assert.Equal(0, TrunkRig.Expires(_rig.TakeOnly()));
    }

    [Fact, Rfc(5626, "4.5")]
    public void Extensions_whose_connection_is_lost_do_not_come_back_in_one_burst()
    {
        var accounts = Enumerable.Range(0, 20).Select(number => _rig.Core.AddAccount($"user{number}")).ToArray();
        _rig.Configure(Trunk with
        {
            Transport = SipTransport.Tcp,
            Extensions = [.. accounts.Select(account => new TrunkExtension { Account = account.Id, User = account.User, Password = new("x") })],
        });
        foreach (var account in accounts)
        {
            Assert.Equal(200, new TestPhone(_rig.Core, account.User, CoreHarness.Wss(50 + account.User.Length)).Register().Status);
        }

        Advance(1);
        SentMessage? last = null;
        for (var i = 0; i < accounts.Length; i++)
        {
            _rig.Grant(last = _rig.Take());
        }

        Advance(60);
        _rig.Connector.Forget(last!.Flow, "gone");
        _rig.Core.CloseFlow(last.Flow);
        _rig.AssertQuiet();
        var times = Enumerable.Range(0, accounts.Length).Select(_ => _rig.Await(TimeSpan.FromSeconds(4)).After).ToArray();
        Assert.True(times.Count(wait => wait > TimeSpan.Zero) > 5);
        Assert.InRange(times.Sum(wait => wait.TotalSeconds), 1, 3.2);
    }
}
