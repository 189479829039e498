namespace Gateway.Web.Setup;

/// <summary>
/// The flag <c>--health</c>: asks the gateway that runs on this machine with the same settings whether it is ready. For
/// container health checks, which have no curl.
/// </summary>
internal static class HealthProbe
{
    public const string Flag = "--health";

    /// <returns>0 when it is ready, 1 when it is not or does not answer within three seconds.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        List<string> complaints = [];
        var given = CommandLine.Read([.. args.Where(arg => arg != Flag)], Environment.GetEnvironmentVariable, complaints);
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().AddInMemoryCollection(given).Build();
        var settings = GatewaySettings.Read(configuration, complaints);
        var host = settings.Net.Listen.FirstOrDefault(address => !address.Equals(System.Net.IPAddress.Any) && !address.Equals(System.Net.IPAddress.IPv6Any))
            ?? System.Net.IPAddress.Loopback;
        // The certificate is for the name that browsers use, not for this one; nothing secret is asked.
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(3) };
        try
        {
            using var answer = await client.GetAsync(new UriBuilder("https", host.ToString(), settings.Web.HttpsPort, "/health/ready").Uri).ConfigureAwait(false);
            Console.WriteLine(await answer.Content.ReadAsStringAsync().ConfigureAwait(false));
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            Console.WriteLine(e.Message);
            return 1;
        }
    }
}
