using System.Net;
using System.Text;
using Gateway.Testing;

namespace Gateway.Sip.Tests.Transactions;

/// <summary>
/// Two transaction layers, a caller's and a callee's, over a network that loses, doubles, delays and reorders datagrams, on
/// a clock of their own. What the timers of RFC 3261 promise must come out: calls are set up, and none twice.
/// </summary>
[Row(4), Row(32), Row(45)]
public sealed class LossTests
{
    private const int Calls = 300;

    [Theory]
    [InlineData(0, 100)]
    [InlineData(10, 100)]
    [InlineData(30, 95)]
    [Rfc(3261, "17"), Rfc(3261, "13.3.1.4")]
    public void Calls_are_set_up_and_ended_through_loss_and_none_rings_twice(int lossPercent, int atLeastPercent)
    {
        var network = new Network(lossPercent, seed: 42 + lossPercent);
        var caller = new Caller(network);
        var callee = new Callee(network);
        network.Connect(caller, callee);
        for (var call = 0; call < Calls; call++)
        {
            caller.Invite(call);
            network.Until(network.Now + TimeSpan.FromMilliseconds(100));
        }

        network.Until(network.Now + TimeSpan.FromSeconds(150));

        Assert.All(callee.Rung.Values, times => Assert.Equal(1, times));
        Assert.All(callee.Ended.Values, times => Assert.Equal(1, times));
        Assert.InRange(caller.Answered.Count, Calls * atLeastPercent / 100, Calls);
        Assert.InRange(callee.Ended.Count, Calls * atLeastPercent / 100, Calls);
        // Every call that the caller has, the callee has acknowledged.
        Assert.True(caller.Answered.Count - callee.Acknowledged.Count <= Calls * (100 - atLeastPercent) / 100);
        Assert.Equal(lossPercent > 0, caller.Layer.Counters.RequestRetransmissions > 0);
        foreach (var layer in new[] { caller.Layer, callee.Layer })
        {
            Assert.Equal(0, layer.ClientCount);
            Assert.Equal(0, layer.ServerCount);
        }

        Assert.Equal(0, network.Wheel.Count);
    }

    /// <summary>Datagrams with 20 to 60 ms of delay, so that some overtake others; 2 % arrive twice.</summary>
    private sealed class Network(int lossPercent, int seed) : ITimerTarget
    {
        private readonly SeededRandom _random = new(seed);
        private readonly SipParser _parser = new();
        private readonly Dictionary<int, (Agent To, byte[] Bytes)> _flying = [];
        private Agent _caller = null!;
        private Agent _callee = null!;
        private int _next;

        public TimerWheel Wheel { get; } = new(TimeSpan.Zero);

        public TimeSpan Now { get; private set; }

        public void Connect(Agent caller, Agent callee) => (_caller, _callee) = (caller, callee);

        public void Carry(Agent from, ReadOnlySpan<byte> message)
        {
            var copies = Below(100) < lossPercent ? 0 : lossPercent > 0 && Below(100) < 2 ? 2 : 1;
            for (var copy = 0; copy < copies; copy++)
            {
                _flying.Add(++_next, (from == _caller ? _callee : _caller, message.ToArray()));
                Wheel.Schedule(Now + TimeSpan.FromMilliseconds(20 + Below(40)), this, _next);
            }
        }

        public void Until(TimeSpan end)
        {
            while (Wheel.NextDeadline is { } next && next <= end)
            {
                Now = next > Now ? next : Now;
                Wheel.Advance(Now);
            }

            Now = end;
        }

        public void OnTimer(int kind, TimeSpan now)
        {
            Assert.True(_flying.Remove(kind, out var datagram));
            Assert.True(_parser.TryParse(datagram.Bytes, false, out var message, out var error), error.ToString());
            datagram.To.Layer.Receive(message!, datagram.To.Peer, now);
            message!.Return();
        }

        public int Below(int bound)
        {
            Span<byte> bytes = stackalloc byte[4];
            _random.GetBytes(bytes);
            return (int)(BitConverter.ToUInt32(bytes) % (uint)bound);
        }
    }

    private abstract class Agent : ISipTransport, ITransactionUser
    {
        protected Agent(Network network, string address, string peer, int seed)
        {
            Network = network;
            Address = address;
            Peer = new Flow(SipTransport.Udp, IPEndPoint.Parse(peer), 0, 0);
            Layer = new TransactionLayer(SipTimers.Default, this, this, network.Wheel, new SeededRandom(seed));
        }

        public TransactionLayer Layer { get; }

        public Flow Peer { get; }

        protected Network Network { get; }

        private string Address { get; }

        public bool Send(in Flow flow, ReadOnlySpan<byte> message)
        {
            Network.Carry(this, message);
            return true;
        }

        public string SentBy(in Flow flow) => Address;

        public virtual void OnRequest(ServerTransaction transaction, SipRequest request, TimeSpan now) => Assert.Fail("not asked");

        public virtual void OnAck(SipRequest ack, in Flow flow, TimeSpan now) => Assert.Fail("not asked");

        public virtual void OnCancel(ServerTransaction invite, SipRequest cancel, TimeSpan now) => Assert.Fail("nobody cancels");

        public virtual void OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now) => Assert.Fail("not asked");

        public virtual void OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now)
        {
        }

        public void OnServerInviteEnded(ServerTransaction transaction, bool acknowledged, TimeSpan now) => Assert.Fail("nobody refuses");

        protected byte[] Request(string method, int call, string branch, int sequence, string toTag = "") => Sip.Wire($"""
            {method} sip:callee@192.0.2.2 SIP/2.0
            Via: SIP/2.0/UDP {Address};branch={branch};rport
            Max-Forwards: 70
            From: <sip:caller@192.0.2.1>;tag=a
            To: <sip:callee@192.0.2.2>{toTag}
            Call-ID: {call}
            CSeq: {sequence} {method}
            Content-Length: 0


            """);

        protected static int CallOf(SipMessage message) => int.Parse(Encoding.ASCII.GetString(message.CallId), null);
    }

    private sealed class Caller(Network network) : Agent(network, "192.0.2.1:5060", "192.0.2.2:5060", 1), ITimerTarget
    {
        public HashSet<int> Answered { get; } = [];

        public void Invite(int call)
        {
            var branch = Layer.NewBranch();
            Layer.Send(SipMethod.Invite, branch, Request("INVITE", call, branch, 1), Peer, call, Network.Now);
        }

        public override void OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now)
        {
            if (transaction.Method != SipMethod.Invite || !response.IsSuccess)
            {
                return;
            }

            // §13.2.2.4: an ACK for every 2xx that comes.
            Layer.SendStateless(Request("ACK", CallOf(response), Layer.NewBranch(), 1, ";tag=b"), Peer);
            if (Answered.Add(CallOf(response)))
            {
                Network.Wheel.Schedule(now + TimeSpan.FromSeconds(5), this, CallOf(response));
            }
        }

        void ITimerTarget.OnTimer(int kind, TimeSpan now)
        {
            var branch = Layer.NewBranch();
            Layer.Send(SipMethod.Bye, branch, Request("BYE", kind, branch, 2, ";tag=b"), Peer, kind, now);
        }
    }

    private sealed class Callee(Network network) : Agent(network, "192.0.2.2:5060", "192.0.2.1:5060", 2), ITimerTarget
    {
        private readonly SipWriter _writer = new();
        private readonly Dictionary<int, (ServerTransaction Transaction, int Repeats)> _ringing = [];

        public Dictionary<int, int> Rung { get; } = [];

        public Dictionary<int, int> Ended { get; } = [];

        public HashSet<int> Acknowledged { get; } = [];

        public override void OnRequest(ServerTransaction transaction, SipRequest request, TimeSpan now)
        {
            var call = CallOf(request);
            if (request.Method == SipMethod.Bye)
            {
                Ended[call] = Ended.GetValueOrDefault(call) + 1;
                Answer(transaction, 200, now);
                return;
            }

            Rung[call] = Rung.GetValueOrDefault(call) + 1;
            _ringing[call] = (transaction, 0);
            Answer(transaction, 180, now);
            Network.Wheel.Schedule(now + TimeSpan.FromMilliseconds(100 + Network.Below(3_000)), this, call);
        }

        public override void OnAck(SipRequest ack, in Flow flow, TimeSpan now) => Acknowledged.Add(CallOf(ack));

        /// <summary>The 2xx, again and again until its ACK: T1 doubling to T2, ten times are 64*T1 (§13.3.1.4).</summary>
        void ITimerTarget.OnTimer(int kind, TimeSpan now)
        {
            var (transaction, repeats) = _ringing[kind];
            if (Acknowledged.Contains(kind) || repeats > 10)
            {
                return;
            }

            Answer(transaction, 200, now);
            _ringing[kind] = (transaction, repeats + 1);
            Network.Wheel.Schedule(now + TimeSpan.FromMilliseconds(Math.Min(500 << repeats, 4_000)), this, kind);
        }

        private void Answer(ServerTransaction transaction, int status, TimeSpan now)
        {
            if (transaction.IsTerminated)
            {
                return;
            }

            SipResponses.Begin(_writer, transaction.Request, transaction.Flow, status, null, "b");
            _writer.NoBody();
            Layer.Respond(transaction, _writer.Written, now);
        }
    }
}
