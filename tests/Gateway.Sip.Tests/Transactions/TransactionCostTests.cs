using Gateway.Testing;
using static Gateway.Sip.Tests.Transactions.TransactionRig;

namespace Gateway.Sip.Tests.Transactions;

/// <summary>Measured alone, as other tests' garbage would count as ours.</summary>
[CollectionDefinition(nameof(MeasuredAlone), DisableParallelization = true)]
public sealed class MeasuredAlone;

/// <summary>What a transaction costs: nothing to match a repeat, and less than 1 KB to linger (docs/architecture.md rule 7).</summary>
[Collection(nameof(MeasuredAlone))]
[Row(40)]
public sealed class TransactionCostTests
{
    private const int Count = 5_000;

    private sealed class Silent : ISipTransport, ITransactionUser
    {
        public int Status { get; init; }

        public TransactionLayer Layer { get; set; } = null!;

        public bool Send(in Flow flow, ReadOnlySpan<byte> message) => true;

        public string SentBy(in Flow flow) => "192.0.2.1:5060";

        public void OnRequest(ServerTransaction transaction, SipRequest request, TimeSpan now)
        {
            if (Status != 0)
            {
                Layer.Respond(transaction, Sip.Wire(ResponseText(Status)), now);
            }
        }

        public void OnAck(SipRequest ack, in Flow flow, TimeSpan now) { }

        public void OnCancel(ServerTransaction invite, SipRequest cancel, TimeSpan now) { }

        public void OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now) { }

        public void OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now) { }

        public void OnServerInviteEnded(ServerTransaction transaction, bool acknowledged, TimeSpan now) { }
    }

    private static Silent Start(int status)
    {
        var silent = new Silent { Status = status };
        silent.Layer = new TransactionLayer(SipTimers.Default, silent, silent, new TimerWheel(TimeSpan.Zero), new SeededRandom(1));
        return silent;
    }

    [Theory]
    [InlineData("OPTIONS", 200, 512)]
    [InlineData("INVITE", 486, 1_024)]
    [InlineData("INVITE", 200, 1_024)]
    public void A_lingering_server_transaction_costs_less_than_1_KB_beyond_its_message(string method, int status, int limit)
    {
        var silent = Start(status);
        var parser = new SipParser();
        var response = Sip.Wire(ResponseText(status)).Length;
        var request = Sip.Wire(RequestText(method)).Length;
        Fill(0, Count);

        var before = GC.GetTotalMemory(true);
        Fill(Count, Count);
        var each = (GC.GetTotalMemory(true) - before) / (double)Count;

        Assert.Equal(2 * Count, silent.Layer.ServerCount);
        // What is kept of messages: the last answer, and the INVITE until its ACK.
        var messages = (status == 200 && method == "INVITE" ? 0 : response) + (method == "INVITE" ? request : 0);
        Assert.InRange(each - messages, 0, limit);

        void Fill(int from, int count)
        {
            for (var index = from; index < from + count; index++)
            {
                Assert.True(parser.TryParse(Sip.Wire(RequestText(method, branch: $"z9hG4bK{index}")), false, out var message, out _));
                silent.Layer.Receive(message!, Udp, TimeSpan.Zero);
                message!.Return();
            }
        }
    }

    [Theory]
    [InlineData(SipMethod.Invite, 486)]
    [InlineData(SipMethod.Invite, 200)]
    [InlineData(SipMethod.Options, 200)]
    public void A_lingering_client_transaction_costs_less_than_half_a_KB_beyond_its_ACK(SipMethod method, int status)
    {
        var silent = Start(0);
        var name = method.ToString().ToUpperInvariant();
        Fill(0, Count);

        var before = GC.GetTotalMemory(true);
        Fill(Count, Count);
        var each = (GC.GetTotalMemory(true) - before) / (double)Count;

        Assert.Equal(2 * Count, silent.Layer.ClientCount);
        var ack = method == SipMethod.Invite && status >= 300 ? Sip.Wire(RequestText("ACK")).Length : 0;
        Assert.InRange(each - ack, 0, 512);

        void Fill(int from, int count)
        {
            for (var index = from; index < from + count; index++)
            {
                var branch = silent.Layer.NewBranch();
                silent.Layer.Send(method, branch, Sip.Wire(RequestText(name, branch)), Udp, null, TimeSpan.Zero);
                silent.Layer.Receive(Sip.Message(ResponseText(status, name, branch)), Udp, TimeSpan.Zero);
            }
        }
    }

    [Fact]
    public void Matching_a_repeated_request_a_stray_response_and_a_repeated_answer_allocates_nothing()
    {
        var silent = Start(0);
        var request = Sip.Message(RequestText("OPTIONS"));
        var stray = Sip.Message(ResponseText(200));
        silent.Layer.Receive(request, Udp, TimeSpan.Zero);
        silent.Layer.Send(SipMethod.Bye, "z9hG4bKbye", Sip.Wire(RequestText("BYE", "z9hG4bKbye")), Udp, null, TimeSpan.Zero);
        var answer = Sip.Message(ResponseText(200, "BYE", "z9hG4bKbye"));
        Round();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var count = 0; count < 1_000; count++)
        {
            Round();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1_001, silent.Layer.Counters.AbsorbedRequests);
        Assert.Equal(1_001, silent.Layer.Counters.StrayResponses);

        void Round()
        {
            silent.Layer.Receive(request, Udp, TimeSpan.Zero);
            silent.Layer.Receive(stray, Udp, TimeSpan.Zero);
            silent.Layer.Receive(answer, Udp, TimeSpan.Zero);
        }
    }

    [Fact]
    [Row(35)]
    public void A_hundred_thousand_transactions_leave_nothing_behind()
    {
        var silent = new Silent { Status = 200 };
        var wheel = new TimerWheel(TimeSpan.Zero);
        silent.Layer = new TransactionLayer(SipTimers.Default, silent, silent, wheel, new SeededRandom(1));
        var parser = new SipParser();
        for (var index = 0; index < 100_000; index++)
        {
            var now = TimeSpan.FromMilliseconds(index);
            var text = index % 2 == 0 ? RequestText("OPTIONS", branch: $"z9hG4bK{index}") : RequestText("INVITE", branch: $"z9hG4bK{index}");
            Assert.True(parser.TryParse(Sip.Wire(text), false, out var message, out _));
            silent.Layer.Receive(message!, Udp, now);
            message!.Return();
            wheel.Advance(now);
        }

        // One request a millisecond, each remembered for 64*T1.
        Assert.InRange(silent.Layer.ServerCount, 31_000, 32_001);
        wheel.Advance(TimeSpan.FromSeconds(200));
        Assert.Equal(0, silent.Layer.ServerCount);
        Assert.Equal(0, wheel.Count);
    }
}
