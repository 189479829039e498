using BenchmarkDotNet.Running;

// dotnet run -c Release --project bench/Gateway.Bench -- --filter '*Parser*' --job short
BenchmarkSwitcher.FromAssembly(typeof(Gateway.Bench.ParserBench).Assembly).Run(args);
