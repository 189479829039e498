using System.Security.Cryptography;
using System.Text;
using Gateway.Server.Routing;
using Gateway.Server.Widgets;
using Gateway.Testing;

namespace Gateway.Server.Tests.Widgets;

public sealed class WidgetTicketTests
{
    private static readonly WidgetTickets s_tickets = new(Encoding.ASCII.GetBytes("fedcba9876543210fedcba9876543210"));

    private static WidgetTicket Ticket(TicketUse use = TicketUse.Call) => new()
    {
        Use = use,
        Session = Guid.CreateVersion7(WidgetFixtures.Now),
        Widget = Guid.CreateVersion7(WidgetFixtures.Now),
        Origin = "https://shop.example",
        Destination = WidgetTicket.FingerprintOf(new Destination.ToService("echo")),
        MaxSeconds = 600,
        Expires = WidgetFixtures.Now.ToUnixTimeSeconds() + 60,
        Language = "zh-Hans",
        Page = "https://shop.example/張",
        Visitor = VisitorData.Select(["A"], new Dictionary<string, string> { ["a"] = "\"<张>" }),
    };

    [Fact]
    public void A_token_says_what_was_put_into_it()
    {
        var ticket = Ticket();

        Assert.Equal(TicketFault.None, s_tickets.Read(s_tickets.Mint(ticket), TicketUse.Call, WidgetFixtures.Now, out var read));

        Assert.Equal(ticket with { Visitor = read!.Visitor }, read);
        Assert.Equal("\"<张>", read.Visitor["A"]);
    }

    [Fact, Threat(28)]
    public void Every_changed_character_is_a_forgery()
    {
        var token = s_tickets.Mint(Ticket());
        for (var i = 0; i < token.Length - 1; i++)
        {
            var changed = token.ToCharArray();
            changed[i] = changed[i] == 'A' ? 'B' : 'A';
            Assert.Equal(TicketFault.Forged, s_tickets.Read(new string(changed), TicketUse.Call, WidgetFixtures.Now, out var read));
            Assert.Null(read);
        }
    }

    [Theory, Threat(28)]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a.b")]
    [InlineData("eyJ9.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("\u00e9.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_is_no_token_is_a_forgery(string? token) => Assert.Equal(TicketFault.Forged, s_tickets.Read(token, TicketUse.Call, WidgetFixtures.Now, out _));

    [Fact, Threat(28)]
    public void A_token_of_another_key_use_or_time_is_refused()
    {
        var other = new WidgetTickets(RandomNumberGenerator.GetBytes(32));

        Assert.Equal(TicketFault.Forged, s_tickets.Read(other.Mint(Ticket()), TicketUse.Call, WidgetFixtures.Now, out _));
        Assert.Equal(TicketFault.WrongUse, s_tickets.Read(s_tickets.Mint(Ticket(TicketUse.Resume)), TicketUse.Call, WidgetFixtures.Now, out _));
        Assert.Equal(TicketFault.WrongUse, s_tickets.Read(s_tickets.Mint(Ticket()), TicketUse.Resume, WidgetFixtures.Now, out _));
        Assert.Equal(TicketFault.None, s_tickets.Read(s_tickets.Mint(Ticket()), TicketUse.Call, WidgetFixtures.Now.AddSeconds(59), out _));
        Assert.Equal(TicketFault.Expired, s_tickets.Read(s_tickets.Mint(Ticket()), TicketUse.Call, WidgetFixtures.Now.AddSeconds(60), out _));
    }

    [Fact]
    public void The_fingerprint_tells_destinations_apart()
    {
        var account = Guid.CreateVersion7();

        Assert.Equal(WidgetTicket.FingerprintOf(new Destination.ToAccount(account)), WidgetTicket.FingerprintOf(new Destination.ToAccount(account)));
        Assert.NotEqual(WidgetTicket.FingerprintOf(new Destination.ToAccount(account)), WidgetTicket.FingerprintOf(new Destination.ToGroup(account)));
        Assert.NotEqual(WidgetTicket.FingerprintOf(new Destination.ToNumber("1001")), WidgetTicket.FingerprintOf(new Destination.ToNumber("1002")));
    }

    [Fact, Threat(28)]
    public void An_id_is_spent_once_and_forgotten_after_its_time()
    {
        var spent = new SpentTickets(most: 2);
        var now = WidgetFixtures.Now;
        Guid first = Guid.NewGuid(), second = Guid.NewGuid();

        Assert.True(spent.TrySpend(first, now.ToUnixTimeSeconds() + 60, now));
        Assert.False(spent.TrySpend(first, now.ToUnixTimeSeconds() + 60, now));
        Assert.True(spent.TrySpend(second, now.ToUnixTimeSeconds() + 60, now));
        Assert.False(spent.TrySpend(Guid.NewGuid(), now.ToUnixTimeSeconds() + 60, now), "full: nothing more is admitted");
        Assert.True(spent.TrySpend(Guid.NewGuid(), now.ToUnixTimeSeconds() + 120, now.AddSeconds(60)));
        Assert.Equal(1, spent.Count);
    }
}
