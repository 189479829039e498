using BenchmarkDotNet.Running;
using Gateway.Bench;
using Gateway.Bench.Load;
using Gateway.Bench.Rigs;

// Kernels in memory:  dotnet run -c Release --project bench/Gateway.Bench -- --filter '*Parser*' --job short
// Everything else:    dotnet run -c Release --project bench/Gateway.Bench -- help
try
{
    var rest = args.Length > 0 ? args[1..] : [];
    switch (args.FirstOrDefault())
    {
        case "load":
            return await LoadCommand.RunAsync(LoadOptions.Read(rest));
        case "sockets":
            return await SocketsCommand.RunAsync(rest);
        case "relay":
            return RelayCommand.Run(RelayOptions.Read(rest));
        case "rtpengine":
            return RtpengineCommand.Run(RelayOptions.Read(rest));
        case "accounts":
            return await AccountsCommand.RunAsync(rest);
        case "register":
            return RegisterCommand.Run(rest);
        case "table":
            return TableCommand.Run(rest);
        case "help" or "--help":
            Console.WriteLine(Usage.Text);
            return 0;
        default:
            BenchmarkSwitcher.FromAssembly(typeof(ParserBench).Assembly).Run(args);
            return 0;
    }
}
catch (UsageException e)
{
    Console.Error.WriteLine(e.Message + "\n\n" + Usage.Text);
    return 2;
}
