using Gateway.Interop.Tests.Rig;

namespace Gateway.Interop.Tests.Flows;

/// <summary>
/// Two gateways, as the two proxies of the call-flow RFCs: callers are accounts of the first, callees of the second; a number
/// that begins with +4970 goes from one to the other, over a trunk that asks for a password.
/// </summary>
public sealed class FlowFixture : IAsyncLifetime
{
    internal const string Password = "flow-flow-flow";

    private GatewayApi _nearApi = null!;
    private GatewayApi _farApi = null!;
    private readonly Dictionary<string, Dictionary<string, Task>> _running = [];
    private int _users;

    internal GatewayProcess Near { get; private set; } = null!;

    internal GatewayProcess Far { get; private set; } = null!;

    internal GatewayApi NearApi => _nearApi;

    internal GatewayApi FarApi => _farApi;

    public async ValueTask InitializeAsync()
    {
        var far = GatewayProcess.StartAsync(GatewayFixture.ShortWaits);
        Near = await GatewayProcess.StartAsync(GatewayFixture.ShortWaits);
        Far = await far;
        _nearApi = await GatewayApi.SignInAsync(Near);
        _farApi = await GatewayApi.SignInAsync(Far);
        // One that is dead, and behind it the way to the other gateway (RFC 3665 §3.4).
        await _nearApi.MakeAsync("trunks", new { name = "dead", type = "peer", host = "127.0.0.1", port = FreePorts.Take(), transport = "udp", group = "failover", priority = 0, qualifySeconds = 0 });
        await _nearApi.MakeAsync("trunks", new
        {
            name = "far", type = "peer", host = "127.0.0.1", port = Far.SipPort, transport = "udp", group = "failover", priority = 1, qualifySeconds = 0,
            user = "near", password = Password, realm = GatewayProcess.Realm,
        });
        await _nearApi.MakeAsync("routes", new { name = "far", order = 1, match = "prefix", pattern = "+4970", to = new { kind = "trunk", group = "far" } });
        await _nearApi.MakeAsync("routes", new { name = "failover", order = 2, match = "prefix", pattern = "+4971", strip = 4, prepend = "+4970", to = new { kind = "trunk", group = "failover" } });
        await _nearApi.MakeAsync("routes", new { name = "premium", order = 3, match = "prefix", pattern = "+4990", to = new { kind = "trunk", group = "far" } });
        await _farApi.MakeAsync("trunks", new
        {
            name = "near", type = "peer", host = "127.0.0.1", port = Near.SipPort, transport = "udp", qualifySeconds = 0, inboundUser = "near", inboundPassword = Password,
            rights = new { @internal = true, national = true },
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _nearApi.DisposeAsync();
        await _farApi.DisposeAsync();
        await Near.DisposeAsync();
        await Far.DisposeAsync();
    }

    /// <summary>
    /// Runs a flow. The first to be asked for starts all of its list side by side, a few at a time: each has phones of its
    /// own, and most of their time is ringing and talking.
    /// </summary>
    internal Task RunAsync(string list, IReadOnlyDictionary<string, Func<Task>> flows, string name)
    {
        if (!_running.TryGetValue(list, out var running))
        {
            var few = new SemaphoreSlim(4);
            _running[list] = running = flows.ToDictionary(flow => flow.Key, flow => Task.Run(async () =>
            {
                await few.WaitAsync();
                try
                {
                    await flow.Value();
                }
                finally
                {
                    few.Release();
                }
            }));
        }

        return running[name];
    }

    /// <summary>A new account, with the right to call numbers of the other side.</summary>
    internal async Task<FlowPhone> PhoneAsync(bool isFar = false)
    {
        var user = $"flow{Interlocked.Increment(ref _users):00}";
        var number = "+49701" + user[4..];
        var api = isFar ? _farApi : _nearApi;
        var id = await api.MakeAsync("accounts", new { user, password = Password, aliases = new[] { number }, rights = new { @internal = true, allowedPrefixes = new[] { "+4970", "+4971" } } });
        return new FlowPhone(isFar ? Far : Near, id, user, number);
    }
}

/// <summary>An account that a scripted phone plays.</summary>
internal sealed record FlowPhone(GatewayProcess Gateway, string Id, string User, string Number)
{
    public (string Key, string Value)[] Keys(params (string Key, string Value)[] more) => [.. Sipp.Keys((User, FlowFixture.Password)), .. more];

    /// <summary>Calls: the scenario runs until it is over.</summary>
    public Sipp Call(string scenario, string target) => Sipp.Start(scenario, Gateway.Registrar, isPatient: true, keys: Keys(("target", target)));

    /// <summary>Registers, and then behaves as the scenario says when it is called.</summary>
    public async Task<Sipp> AnswerAsync(string scenario)
    {
        var port = FreePorts.Take();
        await using (var register = Sipp.Start("register", Gateway.Registrar, port: port, isPatient: true, keys: Keys()))
        {
            await register.SucceedAsync();
        }

        return Sipp.Start(scenario, Gateway.Registrar, port: port, isPatient: true);
    }
}

[CollectionDefinition(Name)]
public sealed class FlowCollection : ICollectionFixture<FlowFixture>
{
    public const string Name = "two gateways";
}
