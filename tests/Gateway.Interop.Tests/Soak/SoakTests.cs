using System.Globalization;
using Gateway.Interop.Tests.Rig;
using Gateway.Testing;

namespace Gateway.Interop.Tests.Soak;

/// <summary>
/// Mixed load for a long time, and then silence: nothing may be left of it, in tables, timers, ports, files or memory. The first load
/// fills what is meant to stay (caches, the trace, compiled code); what a second one adds is a leak.
/// </summary>
[Collection(GatewayCollection.Name)]
public sealed class SoakTests(ITestOutputHelper output)
{
    /// <summary>More resident memory after the second load than after the first (issue: 5 %).</summary>
    private const double Growth = 1.05;

    [Fact, Row(35), Row(40), Threat(36)]
    public Task Two_minutes_of_mixed_load_leave_nothing_behind() =>
        // The protocol's own lingering (32 s) is a fifth here, so that the load has most of the time.
        RunAsync(TimeSpan.FromSeconds(35), TimeSpan.FromSeconds(25), 6, TimeSpan.FromSeconds(30),
            ("Gateway__Timers__T1", "00:00:00.1"), ("Gateway__Timers__Trying", "00:00:00.1"), ("Gateway__Timers__D", "00:00:06.4"));

    [Fact, Row(35), Row(40), Threat(36), Trait("Category", "Long")]
    public Task An_hour_of_mixed_load_leaves_nothing_behind()
    {
        // GATEWAY_SOAK_MINUTES makes it shorter, or a day.
        var minutes = int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_SOAK_MINUTES"), CultureInfo.InvariantCulture, out var wanted) && wanted > 1 ? wanted : 60;
        return RunAsync(TimeSpan.FromMinutes(minutes / 5.0), TimeSpan.FromMinutes(minutes * 4 / 5.0), 8, TimeSpan.FromSeconds(60));
    }

    private async Task RunAsync(TimeSpan first, TimeSpan second, int workers, TimeSpan drain, params (string Key, string Value)[] settings)
    {
        await using var gateway = await GatewayProcess.StartAsync(
        [
            ("Gateway__Net__TraceMegabytes", "1"), ("Gateway__Server__CallMode", "Auto"),
            // A directory that is dead: whoever is unknown is asked for there, in vain.
            ("Gateway__Location__Sources", "ldap"), ("Gateway__Location__LdapServer", "ldap://127.0.0.1:9"), .. settings,
        ]);
        await using var api = await GatewayApi.SignInAsync(gateway);
        await using var load = await SoakLoad.OpenAsync(gateway, api);
        using var http = gateway.Http();

        await load.RunAsync(first, workers, seed: 1);
        Assert.True(load.Failures.IsEmpty, string.Join("\n\n", load.Failures));
        var before = await SoakFigures.QuietAsync(gateway, http, drain, null);
        var memory = gateway.ResidentMemory();
        output.WriteLine($"first: {load.Story()}; {Words(before, memory)}");

        await load.RunAsync(second, workers, seed: 2);
        Assert.True(load.Failures.IsEmpty, string.Join("\n\n", load.Failures));
        var after = await SoakFigures.QuietAsync(gateway, http, drain, before);
        var later = gateway.ResidentMemory();
        output.WriteLine($"second: {load.Story()}; {Words(after, later)}");

        Assert.InRange(after["gateway_process_files"], 0, before["gateway_process_files"] + 8);
        Assert.Equal(0, after["gateway_sip_faults_total"]);
        Assert.True(later <= memory * Growth, $"resident memory grew from {Megabytes(memory)} to {Megabytes(later)} MB; {Words(after, later)}");
        Assert.All((string[])["call", "proxied call", "cancel", "busy", "unknown", "transfer", "refresh", "come and go", "ping", "garbage"], scene => Assert.True(load.Done.GetValueOrDefault(scene) > 5, $"{scene}: {load.Story()}"));
    }

    private static string Words(SoakFigures figures, long memory) => string.Create(CultureInfo.InvariantCulture,
        $"{Megabytes(memory)} MB resident, {figures["gateway_process_heap"] / (1 << 20):0.0} MB heap, {figures["gateway_sip_timers"]} timers, {figures["gateway_process_files"]} files, {figures["gateway_sip_connections"]} connections, {figures["gateway_registrar_bindings"]} bindings");

    private static string Megabytes(long bytes) => (bytes / 1048576.0).ToString("0.0", CultureInfo.InvariantCulture);
}
