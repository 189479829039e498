using Gateway.Web.Setup;

if (args.Contains("--help") || args.Contains("-h"))
{
    Console.Write(CommandLine.Help);
    return 0;
}

try
{
    if (args.Contains(HealthProbe.Flag))
    {
        return await HealthProbe.RunAsync(args);
    }

    while (true)
    {
        await using var app = await GatewayApp.BuildAsync(args);
        // Taken now: the run ends with the services disposed.
        var restart = app.Services.GetRequiredService<Restart>();
        await app.RunAsync();
        if (!restart.IsWanted)
        {
            return 0;
        }
    }
}
catch (Exception e) when (StartFailure.Explain(e) is { } words)
{
    Console.Error.WriteLine(words);
    return 2;
}
