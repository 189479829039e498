using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Trunks;

/// <summary>A company: a PBX with its extensions, DNS that says where it is, and a gateway that asks that DNS.</summary>
public sealed class PbxFixture : IAsyncLifetime
{
    private Knot _dns = null!;

    internal Kamailio Pbx { get; private set; } = null!;

    internal GatewayProcess Gateway { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var port = FreePorts.Take(2);
        _dns = await Knot.StartAsync(Kamailio.Domain, $"""
            @ NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp
            @ NAPTR 20 10 "s" "SIP+D2T" "" _sip._tcp
            _sip._udp SRV 0 0 {port} sip
            _sip._tcp SRV 0 0 {port} sip
            _sips._tcp SRV 0 0 {port + 1} sip
            _sips._tcp.sip SRV 0 0 {port + 1} sip
            sip A 127.0.0.1
            """);
        Gateway = await GatewayProcess.StartAsync([.. GatewayFixture.ShortWaits, ("Gateway__Net__DnsServers", _dns.Address.ToString())]);
        Pbx = await Kamailio.StartAsync(port, Gateway.Registrar);
    }

    public async ValueTask DisposeAsync()
    {
        await Pbx.DisposeAsync();
        await Gateway.DisposeAsync();
        await _dns.DisposeAsync();
    }

    /// <summary>The bar for sound over a trunk: most of the time listened to, no gap, the level kept, nothing of the other voice.</summary>
    internal static void AssertGoodAudio(ToneReport heard, TimeSpan listened)
    {
        Assert.True(heard.Present >= listened - TimeSpan.FromSeconds(1.2), heard.ToString());
        Assert.True(heard.LongestGap <= TimeSpan.FromMilliseconds(60), heard.ToString());
        Assert.InRange(heard.Level, -11, -7);
        Assert.Equal(TimeSpan.Zero, heard.Other);
    }
}

[CollectionDefinition(Name)]
public sealed class PbxCollection : ICollectionFixture<PbxFixture>
{
    public const string Name = "a PBX";
}
