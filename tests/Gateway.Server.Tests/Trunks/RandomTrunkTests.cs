using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Trunks;

/// <summary>Registrars that answer anything, operators who change everything, accounts that come and go: the invariants hold.</summary>
public sealed class RandomTrunkTests
{
    [Theory, Rfc(3261, "10.2"), Threat(37)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Never_two_requests_of_one_registration_and_nothing_stays_behind(int seed)
    {
        var random = new Random(seed);
        var rig = new TrunkRig();
        var ada = rig.Core.AddAccount("ada");
        var phone = new TestPhone(rig.Core, "ada", CoreHarness.Wss());
        rig.Names.Set("two.example", "192.0.2.5:5060", "192.0.2.6:5060/tcp");
        Trunk[] kinds =
        [
            TrunkRig.Registering with { QualifySeconds = 20 },
            TrunkRig.Registering with { Id = Guid.Parse("0190a000-0000-7000-8000-000000000011"), Name = "b", Host = "two.example" },
            TrunkRig.Registering with
            {
                Id = Guid.Parse("0190a000-0000-7000-8000-000000000012"), Name = "c", Type = TrunkKind.Extensions,
                Extensions = [new TrunkExtension { Account = ada.Id, User = "201", Password = new("x") }],
            },
        ];
        // What waits for an answer, by registration (Call-ID), and what the registrars hold.
        var open = new List<SentMessage>();
        var asked = new List<SentMessage>();
        var bound = new Dictionary<string, TimeSpan>();

        // The first of two addresses is left after six seconds, its request given up.
        TimeSpan Patience(SentMessage request) => request.Text.Contains("two.example", StringComparison.Ordinal) && !request.Flow.IsReliable ? TimeSpan.FromSeconds(6) : SipTimers.Default.T1x64;

        void Drain()
        {
            while (rig.TryTake() is { } request)
            {
                if (request.Request.Method == SipMethod.Register)
                {
                    var callId = request.Header(HeaderId.CallId);
                    // Another address may be asked while a silent one still has time; the same one never.
                    Assert.DoesNotContain(asked, other => other.Header(HeaderId.CallId) == callId && other.Flow == request.Flow && rig.IsAlive(other, request, Patience(other)));
                    asked.Add(request);
                }

                open.Add(request);
            }
        }

        void AnswerOne()
        {
            var request = open[random.Next(open.Count)];
            open.Remove(request);
            var callId = request.Header(HeaderId.CallId)!;
            if (request.Request.Method == SipMethod.Options)
            {
                rig.Answer(request, random.Next(3) == 0 ? 503 : 200);
                return;
            }

            switch (random.Next(8))
            {
                case 0:
                    rig.Challenge(request, $"n{random.Next(50)}", random.Next(2) == 0 ? ", stale=true" : "", random.Next(4) == 0 ? 407 : 401);
                    break;
                case 1:
                    rig.Answer(request, 423, $"Min-Expires: {random.Next(2000)}");
                    break;
                case 2:
                    rig.Answer(request, 403 + (100 * random.Next(2)), "Retry-After: 3");
                    break;
                case 3:
                    break;
                default:
                    var seconds = TrunkRig.Expires(request) == 0 ? 0 : random.Next(5, 300);
                    rig.Grant(request, seconds);
                    if (seconds == 0)
                    {
                        bound.Remove(callId);
                    }
                    else
                    {
                        bound[callId] = rig.Core.Now + TimeSpan.FromSeconds(seconds);
                    }

                    break;
            }
        }

        var configured = kinds.ToArray();
        rig.Configure(configured);
        for (var step = 0; step < 400; step++)
        {
            Drain();
            switch (random.Next(10))
            {
                case < 5 when open.Count > 0:
                    AnswerOne();
                    break;
                case 5:
                    var at = random.Next(configured.Length);
                    configured[at] = random.Next(5) switch
                    {
                        0 => configured[at] with { IsEnabled = !configured[at].IsEnabled },
                        1 => configured[at] with { Password = new($"p{random.Next(9)}") },
                        2 => configured[at] with { User = $"gw{random.Next(3)}" },
                        3 => configured[at] with { RegisterSeconds = random.Next(60, 900) },
                        _ => configured[at] with { Name = $"name {step}" },
                    };
                    rig.Configure(random.Next(6) == 0 ? [configured[at]] : configured);
                    break;
                case 6:
                    phone.Register(random.Next(2) == 0 ? 0 : 600);
                    break;
                case 7 when open.Count > 0 && open[0].Flow.Connection != 0:
                    rig.Connector.Forget(open[0].Flow, "gone");
                    rig.Core.CloseFlow(open[0].Flow);
                    break;
                default:
                    rig.Advance(random.NextDouble() * random.Next(1, 60));
                    break;
            }
        }

        phone.Register(0);
        rig.Configure();
        rig.Manager.Stop(rig.Core.Now);
        for (var i = 0; i < 60; i++)
        {
            Drain();
            foreach (var request in open.Where(request => request.Request.Method == SipMethod.Register))
            {
                rig.Grant(request, 0);
                bound.Remove(request.Header(HeaderId.CallId)!);
            }

            open.Clear();
            rig.Advance(10);
        }

        Assert.Equal(0, rig.Manager.Registrations);
        Assert.Equal(0, rig.Core.Core.Transactions.ClientCount);
        Assert.Equal(0, rig.Core.Services.Timers.Count);
        Assert.DoesNotContain(bound, left => left.Value > rig.Core.Now);
        Assert.Equal(0, rig.Core.Core.Calls.Faults);
    }
}
