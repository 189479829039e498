using Gateway.Server.Proxy;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Proxy;

/// <summary>
/// Phones that do anything at any time, over a network that loses, repeats and reorders: every context ends, nothing leaks, every
/// call has one record (THREATS 31, 36), and calls come about in spite of it (ROWS 45).
/// </summary>
public sealed class RandomProxyTests
{
    [Theory]
    [InlineData(1, 1, 60)]
    [InlineData(3, 5000, 60)]
    [Threat(31), Threat(36)]
    [Row(35), Row(40), Row(44)]
    public void Whatever_happens_every_context_ends(int loops, int firstSeed, int runs)
    {
        var (answered, cancelled, forked) = (0, 0, 0);
        for (var seed = firstSeed; seed < firstSeed + runs; seed++)
        {
            var world = new World(seed, loops);
            try
            {
                world.Play(80);
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"seed {seed}: {string.Join(" | ", world.Story)}", error);
            }

            answered += world.Rig.Ended.Count(record => record.AnsweredAt is not null);
            cancelled += world.Rig.Ended.Count(record => record.EndReason == "cancel");
            forked += world.Rig.Ended.Count(record => record.Legs.Length > 2);
        }

        // Chance must reach the depths as well.
        Assert.True(answered > runs / 3, $"only {answered} calls were answered");
        Assert.True(cancelled > runs / 6, $"only {cancelled} calls were cancelled");
        Assert.True(forked > runs / 6, $"only {forked} calls were forked");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [Row(45)]
    [Rfc(3261, "17.1.1.2")]
    public void Calls_come_about_and_end_with_30_percent_of_all_messages_lost(int seed)
    {
        var random = new Random(seed);
        var rig = new ProxyRig();
        var ada = rig.Phone("ada", "198.51.100.1:5060");
        var bob = rig.Phone("bob", "198.51.100.2:5060");
        rig.Loses = () => random.Next(10) < 3;

        // A phone repeats what it said until it hears what it waits for; between the phones the proxy repeats by its own transactions.
        SentMessage Until(Action say, ProxyPhone hears, Func<SentMessage, bool> wanted)
        {
            for (var tries = 0; tries < 40; tries++)
            {
                say();
                rig.Advance(TimeSpan.FromMilliseconds(500));
                if (hears.Inbox.Find(message => wanted(message)) is { } heard)
                {
                    return heard;
                }
            }

            throw new InvalidOperationException($"{hears.User} never heard it; it has: {hears.Describe()}");
        }

        var call = ada.Call("bob");
        var invite = Until(() => call.Resend(), bob, message => message.Message is SipRequest { Method: SipMethod.Invite });
        var answer = Until(() => bob.Respond(invite, 200, "b"), ada, message => message.Status == 200);
        call.Confirm(answer);
        Until(() => call.Send("ACK"), bob, message => message.Message is SipRequest { Method: SipMethod.Ack });
        var text = call.Text("BYE", "", "", "z9hG4bKbye").Replace("CSeq: 1 BYE", "CSeq: 2 BYE", StringComparison.Ordinal);
        var bye = Until(() => ada.Send(text), bob, message => message.Message is SipRequest { Method: SipMethod.Bye });
        Until(() => bob.Respond(bye, 200), ada, message => message.Status == 200 && message.Header(HeaderId.CSeq) == "2 BYE");
        rig.Loses = () => false;
        Assert.Equal("caller", Assert.Single(rig.Ended).EndReason);
        rig.AssertNothingIsLeft();
    }

    private sealed class World
    {
        private static readonly string[] s_methods = ["BYE", "INVITE", "UPDATE", "INFO", "ACK", "PRACK", "FOO", "REFER"];
        private static readonly int[] s_statuses = [100, 180, 183, 199, 200, 200, 200, 202, 302, 401, 404, 407, 408, 430, 480, 486, 487, 491, 500, 503, 603];

        private readonly Random _random;
        private readonly List<ProxyPhone> _phones = [];
        private readonly List<ProxyDialog> _dialogs = [];
        private readonly List<(Flow Flow, byte[] Bytes)> _said = [];

        public World(int seed, int loops)
        {
            _random = new Random(seed);
            Rig = new ProxyRig(new ServerOptions
            {
                CallMode = CallMode.Proxy,
                RecordRoute = (RecordRouteMode)_random.Next(3),
                AddressRealms = _random.Next(2) == 0 ? ["198.51.100.0/24"] : [],
            }, loops, new FakeNextHops(), new FakeConnector());
            for (var i = 0; i < 6; i++)
            {
                var transport = _random.Next(3) == 0 ? SipTransport.Tcp : SipTransport.Udp;
                _phones.Add(Rig.Phone("user" + (i % 3), $"198.51.100.{i + 1}:5060", transport, q: _random.Next(1, 3) / 2.0));
            }

            Rig.Said += (flow, bytes) => _said.Add((flow, bytes));
            Rig.Loses = () => _random.Next(10) == 0;
        }

        public ProxyRig Rig { get; }

        public List<string> Story { get; } = [];

        public void Play(int steps)
        {
            for (var i = 0; i < steps; i++)
            {
                Step();
            }

            Rig.Loses = static () => false;
            Rig.AssertNothingIsLeft();
        }

        private void Step()
        {
            var phone = Pick(_phones);
            switch (_random.Next(16))
            {
                case < 2:
                    Story.Add($"{phone.User} calls");
                    _dialogs.Add(phone.Call(Pick(_phones).User, _random.Next(4) == 0 ? $"Max-Breadth: {_random.Next(1, 5)}" : ""));
                    break;
                case < 9:
                    Answer(phone);
                    break;
                case < 11 when _dialogs.Count > 0:
                    InDialog(Pick(_dialogs));
                    break;
                case 11 when _dialogs.Count > 0:
                    Story.Add("cancel");
                    Pick(_dialogs).Cancel();
                    break;
                case 12 when _said.Count > 0:
                    Story.Add("again");
                    var (flow, bytes) = Pick(_said);
                    Rig.Receive(flow, bytes);
                    break;
                case 13 when phone.Flow.Connection != 0 && _random.Next(4) == 0:
                    Story.Add($"{phone.User} closes");
                    Rig.Close(phone);
                    _phones.Remove(phone);
                    break;
                default:
                    var wait = Pick([0.1, 0.6, 3, 21, 33, 70, 190]);
                    Story.Add($"{wait} s");
                    Rig.Advance(TimeSpan.FromSeconds(wait));
                    break;
            }
        }

        private void Answer(ProxyPhone phone)
        {
            if (phone.Inbox.Count == 0)
            {
                return;
            }

            var message = Pick(phone.Inbox);
            phone.Inbox.Remove(message);
            if (message.Message is SipRequest { Method: not SipMethod.Ack } request)
            {
                var status = request.Method == SipMethod.Cancel ? 200 : Pick(s_statuses);
                Story.Add($"{phone.User} answers {request.Method} {status}");
                phone.Respond(message, status, "t" + phone.Flow.Remote.Address.GetAddressBytes()[3],
                    status is 401 or 407 ? "WWW-Authenticate: Digest realm=\"x\", nonce=\"1\"" : _random.Next(4) == 0 ? "Session-Expires: 90" : "");
                if (request.Method == SipMethod.Invite && _random.Next(2) == 0)
                {
                    // It may answer again, with the same or something else.
                    phone.Inbox.Add(message);
                }
            }
            else if (message.Status is >= 200 and < 300 && message.Header(HeaderId.CSeq)!.EndsWith("INVITE", StringComparison.Ordinal)
                && _dialogs.Find(dialog => dialog.CallId == message.Header(HeaderId.CallId)) is { } dialog && message.Header(HeaderId.Contact) is not null)
            {
                Story.Add("ack");
                dialog.Confirm(message);
            }
        }

        private void InDialog(ProxyDialog dialog)
        {
            var method = Pick(s_methods);
            Story.Add($"{dialog.Phone.User} {method}");
            if (dialog.RemoteTag.Length > 0)
            {
                dialog.Send(method);
            }
        }

        private T Pick<T>(IReadOnlyList<T> of) => of[_random.Next(of.Count)];
    }
}
