using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Dispatch;

/// <summary>Random requests in random order: each gets one kind of final answer, and when all is quiet nothing is left.</summary>
public sealed class EveryRequestTests
{
    private const string Sdp = "v=0\no=- 1 1 IN IP4 198.51.100.7\ns=-\nc=IN IP4 198.51.100.7\nt=0 0\nm=audio 30000 RTP/AVP 0\n";

    private static readonly string[] s_methods =
        ["INVITE", "ACK", "BYE", "CANCEL", "REGISTER", "OPTIONS", "INFO", "PRACK", "UPDATE", "MESSAGE", "SUBSCRIBE", "NOTIFY", "PUBLISH", "REFER", "FOO"];

    private static readonly string[] s_targets =
        ["sip:gw.example", "sip:bob@gw.example", "sip:carol@gw.example", "sip:echo@gw.example", "sip:nobody@gw.example", "sip:x@elsewhere.example", "tel:100", "sips:bob@gw.example", "http://x"];

    private static readonly string[] s_extras =
        ["", "", "", "Require: foo", "Contact: *\nExpires: 0", "Contact: <sip:ada@198.51.100.7:5062>", "Contact: <sip:ada@198.51.100.7:5062>;expires=1", "Expires: 3", "Max-Forwards: 3", "Event: presence"];

    private static readonly string[] s_tags = ["", "", "", ";tag=nobody", ";tag=g0000aaaaaaaaaaaaaaaa"];

    [Theory, Threat(37), Row(28)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Each_is_answered_and_nothing_is_left(int seed)
    {
        var random = new Random(seed);
        var core = new CoreHarness();
        core.AddAccount("ada");
        core.AddAccount("bob");
        core.AddAccount("carol");
        new TestPhone(core, "carol", CoreHarness.Wss(9)).Register();
        var finals = new Dictionary<string, HashSet<int>>();
        var asked = new List<string>();
        for (var i = 0; i < 600; i++)
        {
            var flow = random.Next(3) switch { 0 => CoreHarness.Udp(), 1 => CoreHarness.Udp($"203.0.113.{random.Next(1, 250)}:5060"), _ => CoreHarness.Wss(random.Next(1, 4)) };
            var phone = new TestPhone(core, "ada", flow) { CallId = $"call{i}" };
            var method = s_methods[random.Next(s_methods.Length)];
            var target = s_targets[random.Next(s_targets.Length)];
            var extra = s_extras[random.Next(s_extras.Length)];
            var to = $"<{(method == "REGISTER" ? "sip:ada@gw.example" : target)}>{s_tags[random.Next(s_tags.Length)]}";
            var body = method == "INVITE" && random.Next(2) == 0 ? Sdp : "";
            extra = body.Length > 0 ? $"Content-Type: application/sdp\nContact: <{phone.ContactUri}>\n{(extra.StartsWith("Contact", StringComparison.Ordinal) ? "" : extra)}".TrimEnd() : extra;
            if (random.Next(2) == 0)
            {
                extra = $"{extra}\nAuthorization: Bearer {core.Tokens.Mint("ada", TimeSpan.FromHours(1), core.UtcNow)}".Trim();
            }

            var text = phone.Request(method, target, extra, to: to, body: body);
            core.Receive(text, flow);
            // A browser that never answers: what was forwarded to it gets no final answer (RFC 4320 §4.1).
            if (method != "ACK" && !(target.Contains("carol", StringComparison.Ordinal) && method is "MESSAGE" or "OPTIONS" or "FOO"))
            {
                asked.Add(phone.CallId);
            }

            // Only UDP loses and repeats.
            if (flow.Connection == 0 && random.Next(4) == 0)
            {
                core.Receive(text, flow);
            }

            core.Advance(TimeSpan.FromMilliseconds(random.Next(200)));
            Note(core, finals);
        }

        for (var minute = 0; minute < 10; minute++)
        {
            core.Advance(TimeSpan.FromMinutes(1));
            Note(core, finals);
        }

        Assert.DoesNotContain(asked, call => !finals.ContainsKey(call));
        Assert.All(finals, final => Assert.Single(final.Value));
        core.Advance(TimeSpan.FromHours(1));
        Assert.Equal((0, 0, 0), (core.Core.Calls.Count, core.Core.Transactions.ServerCount, core.Core.Transactions.ClientCount));
        Assert.Equal(0, core.Core.Calls.Faults);
        Assert.Equal(0, core.Core.Bindings.Count);
        Assert.Empty(core.Media.Open);
        Assert.Equal(0, core.Services.Timers.Count);
        Assert.Equal(core.CallLog.Ended.Select(record => record.Id).Distinct().Count(), core.CallLog.Ended.Count);
    }

    private static void Note(CoreHarness core, Dictionary<string, HashSet<int>> finals)
    {
        foreach (var message in core.TakeAll().Where(message => message.Status >= 200))
        {
            var call = System.Text.Encoding.UTF8.GetString(message.Message.CallId);
            (finals.TryGetValue(call, out var statuses) ? statuses : finals[call] = []).Add(message.Status);
        }
    }
}
