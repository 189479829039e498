using System.Text;
using Gateway.Server.Accounts;
using Gateway.Server.Dispatch;
using Gateway.Sip;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Dispatch;

/// <summary>Messages that belong together meet on one loop.</summary>
public sealed class LoopMapTests
{
    private readonly CoreHarness _core = new();
    private readonly LoopMap _map;

    public LoopMapTests()
    {
        _core.AddAccount("ada", aliases: ["100", "+49301234"]);
        _map = new LoopMap(3, _core.Accounts);
    }

    private int Loop(string text)
    {
        Assert.True(new SipParser().TryParse(Encoding.UTF8.GetBytes(CoreHarness.Wire(text)), stream: false, out var message, out var error), error.Reason);
        return _map.LoopOf(message!);
    }

    private string Request(string method, string uri, string to = "<sip:x@gw.example>") => new TestPhone(_core, "ada", CoreHarness.Udp()).Request(method, uri, to: to);

    [Theory]
    [InlineData("sip:ada@gw.example")]
    [InlineData("sip:ADA@192.0.2.1:5060;transport=udp")]
    [InlineData("sip:a%64a@gw.example")]
    [InlineData("sip:100@gw.example")]
    [InlineData("tel:+49-30-1234")]
    public void A_user_has_one_loop_whatever_name_is_dialled(string uri)
    {
        var home = _map.LoopOfAor("ada@gw.example");

        Assert.Equal(home, Loop(Request("INVITE", uri)));
        Assert.Equal(home, Loop(Request("CANCEL", uri)));
        Assert.Equal(home, Loop(Request("MESSAGE", uri)));
        Assert.Equal(home, Loop(Request("REGISTER", "sip:gw.example", to: $"<{uri}>")));
        Assert.Equal(home, _map.LoopOfAor("Ada@gw.example"));
    }

    [Fact]
    public void Users_are_spread_over_the_loops()
    {
        var counts = Enumerable.Range(0, 3000).GroupBy(i => _map.LoopOfAor($"user{i}@gw.example")).Select(loop => loop.Count()).ToList();

        Assert.Equal(3, counts.Count);
        Assert.All(counts, count => Assert.InRange(count, 800, 1200));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void What_a_loop_minted_finds_it_again(int loop)
    {
        var minting = new CoreHarness(loop: loop).Core.Transactions;

        Assert.Equal(loop, Loop(Request("BYE", "sip:ada@gw.example", to: $"<sip:x@gw.example>;tag={minting.NewTag()}")));
        Assert.Equal(loop, Loop($"""
            SIP/2.0 200 OK
            Via: SIP/2.0/UDP 192.0.2.1;branch={minting.NewBranch()}
            From: <sip:x@gw.example>;tag=a
            To: <sip:ada@gw.example>;tag=b
            Call-ID: c
            CSeq: 1 INVITE
            """));
    }

    [Fact]
    public void Tags_of_others_and_of_loops_that_are_not_here_go_by_the_target()
    {
        var home = _map.LoopOfAor("ada@gw.example");
        var foreign = new CoreHarness(loop: 7).Core.Transactions.NewTag();

        Assert.Equal(home, Loop(Request("BYE", "sip:ada@gw.example", to: $"<sip:x@gw.example>;tag={foreign}")));
        Assert.Equal(home, Loop(Request("BYE", "sip:ada@gw.example", to: "<sip:x@gw.example>;tag=theirs")));
    }

    [Fact]
    public void With_one_loop_nothing_is_asked() => Assert.Equal(0, new LoopMap(1, new AccountDirectory()).LoopOfAor("anyone@anywhere"));
}
