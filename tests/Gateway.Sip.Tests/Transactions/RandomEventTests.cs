using Gateway.Testing;
using static Gateway.Sip.Tests.Transactions.TransactionRig;

namespace Gateway.Sip.Tests.Transactions;

/// <summary>
/// Whatever happens in whatever order, every transaction ends, no timer is left, and the user of a request hears of one
/// outcome.
/// </summary>
[Row(35), Threat(37)]
public sealed class RandomEventTests
{
    private static readonly SipMethod[] s_methods = [SipMethod.Invite, SipMethod.Options, SipMethod.Bye, SipMethod.Invite];
    private static readonly int[] s_statuses = [100, 180, 183, 200, 202, 302, 401, 408, 486, 487, 503, 603];

    public static TheoryData<int, bool> Seeds
    {
        get
        {
            var data = new TheoryData<int, bool>();
            for (var seed = 1; seed <= 20; seed++)
            {
                data.Add(seed, seed % 2 == 0);
            }

            return data;
        }
    }


    [Theory, MemberData(nameof(Seeds))]
    [Rfc(3261, "17")]
    public void Every_transaction_ends_and_leaves_no_timer(int seed, bool reliable)
    {
        using var random = new SeededRandom(seed);
        var flow = reliable ? Tcp : Udp;
        var rig = new TransactionRig(seed: seed);
        var clients = new List<ClientTransaction>();
        var finals = new Dictionary<ClientTransaction, List<int>>();
        rig.WhenAnswered = (transaction, response) =>
        {
            if (response.StatusCode >= 200)
            {
                finals.TryAdd(transaction, []);
                finals[transaction].Add(response.StatusCode);
            }
        };
        // A user that answers some requests inside the event, as the registrar does.
        rig.WhenRequested = (transaction, _) =>
        {
            if (Below(3) == 0)
            {
                rig.Respond(transaction, s_statuses[Below(s_statuses.Length)]);
            }
        };

        for (var step = 0; step < 600; step++)
        {
            var branch = $"z9hG4bK{seed}x{Below(12)}";
            var method = s_methods[Below(s_methods.Length)];
            var name = method.ToString().ToUpperInvariant();
            var status = s_statuses[Below(s_statuses.Length)];
            rig.CanSend = Below(20) != 0;
            switch (Below(12))
            {
                case 0:
                    clients.Add(rig.Send(method, flow, rig.Layer.NewBranch()));
                    break;
                case 1 or 2 or 3 when clients.Count > 0:
                    var answered = clients[Below(clients.Count)];
                    rig.Receive(ResponseText(status, answered.Method.ToString().ToUpperInvariant(), answered.Branch), flow);
                    break;
                case 4 when clients.Count > 0:
                    rig.Layer.Cancel(clients[Below(clients.Count)], null, rig.Now);
                    break;
                case 5:
                    rig.Receive(RequestText(name, branch), flow);
                    break;
                case 6:
                    rig.Receive(RequestText("ACK", branch, toTag: ";tag=a6c85cf"), flow);
                    break;
                case 7:
                    rig.Receive(RequestText("CANCEL", branch), Below(3) == 0 ? OtherUdp : flow);
                    break;
                case 8 or 9 when rig.Requests.Count > 0:
                    rig.Respond(rig.Requests[Below(rig.Requests.Count)], status);
                    break;
                case 10 when Below(20) == 0:
                    rig.Layer.FlowFailed(flow, rig.Now);
                    break;
                default:
                    rig.Until(rig.Now.TotalMilliseconds + Below(3_000));
                    break;
            }
        }

        // What the RFC leaves to the user: a ringing INVITE is cancelled (timer C) or answered.
        rig.CanSend = true;
        foreach (var invite in clients)
        {
            rig.Layer.Cancel(invite, null, rig.Now);
        }

        foreach (var request in rig.Requests.Where(request => request.Method == SipMethod.Invite && request.State == TxState.Proceeding))
        {
            rig.Respond(request, 480);
        }

        rig.Until(rig.Now.TotalMilliseconds + 120_000);

        Assert.NotEmpty(clients);
        Assert.NotEmpty(rig.Requests);
        Assert.Equal(0, rig.Layer.ClientCount);
        Assert.Equal(0, rig.Layer.ServerCount);
        Assert.Equal(0, rig.Wheel.Count);
        Assert.All(clients, transaction => Assert.True(transaction.IsTerminated));
        Assert.All(rig.Requests, transaction => Assert.True(transaction.IsTerminated));
        // One final answer, but for the 2xx of forks.
        Assert.All(finals, entry => Assert.True(
            entry.Value.Count == 1 || (entry.Key.Method == SipMethod.Invite && entry.Value.TrueForAll(code => code is >= 200 and < 300))));
        var failures = rig.Log.Split('\n').Count(line => line.Contains("! T", StringComparison.Ordinal));
        Assert.Equal(clients.Count, finals.Count + failures);

        int Below(int bound)
        {
            Span<byte> bytes = stackalloc byte[4];
            random.GetBytes(bytes);
            return (int)(BitConverter.ToUInt32(bytes) % (uint)bound);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [Threat(20), Threat(37)]
    public void Bytes_broken_at_random_never_throw_and_never_stay(int seed)
    {
        using var random = new SeededRandom(seed);
        var parser = new SipParser();
        var rig = new TransactionRig(seed: seed);
        rig.WhenRequested = (transaction, _) => rig.Respond(transaction, 404);
        var samples = new[]
        {
            RequestText("INVITE"), RequestText("OPTIONS"), RequestText("CANCEL"), RequestText("ACK"), RequestText("INVITE", branch: "1"),
            ResponseText(100), ResponseText(200), ResponseText(487), ResponseText(200, "CANCEL"),
        }.Select(Sip.Wire).ToArray();
        var invite = rig.Send();
        rig.Receive(ResponseText(180));
        rig.Layer.Cancel(invite, null, rig.Now);
        var passed = 0;
        var bytes = new byte[2];

        for (var round = 0; round < 6_000; round++)
        {
            var copy = samples[round % samples.Length].ToArray();
            for (var flips = 0; flips < 1 + (round % 3); flips++)
            {
                random.GetBytes(bytes);
                copy[((bytes[0] << 8) | bytes[1]) % copy.Length] = (byte)(0x20 + (bytes[0] % 0x5F));
            }

            if (parser.TryParse(copy, false, out var message, out _))
            {
                passed++;
                rig.Layer.Receive(message!, Udp, rig.Now);
            }

            message?.Return();
            rig.Until(rig.Now.TotalMilliseconds + 1);
        }

        Assert.True(passed > 1_000, $"only {passed} messages passed the parser");
        rig.Until(rig.Now.TotalMilliseconds + 70_000);
        Assert.Equal(0, rig.Layer.ClientCount);
        Assert.Equal(0, rig.Layer.ServerCount);
        Assert.Equal(0, rig.Wheel.Count);
    }
}
