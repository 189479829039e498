namespace Gateway.Bench;

/// <summary>The command line was not understood.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>What the tool can do, for people at a terminal; docs/performance.md has the method.</summary>
internal static class Usage
{
    public const string Text = """
        Gateway.Bench COMMAND [--option value ...]

        load       browsers call a phone through a running gateway; RESULT lines for set-up, media and memory
                   --calls 100       calls at once            --seconds 10    of measured media
                   --profile gcm     or cm80                  --parallel 4    calls that are set up together
                   --warm-calls 100  set up and ended first   --warm 3        seconds of media before the window
                   --server-cores 0  cores of the gateway that the tool starts (none: all)
                   --sleep           the media thread sleeps between packets (else it spins)
                   --url wss://HOST:PORT/ws --sip HOST:PORT --pid N   a gateway that runs, with accounts made by "accounts"
        sockets    idle browsers, each with a TLS connection and a SIP WebSocket of its own; RESULT line with the gateway's KiB for
                   one: resident, heap        --count 1000   --http 1.1 or 2   --parallel 8   --bare (without a registration)
        relay      the media relay alone, in this process, with legs opened for an outside generator; ends on SIGTERM
                   --calls 100  --mode ice or rtp  --out FILE (call file)  --cert PEM (the generator's, mode ice)
                   --a-port 20000 --b-port 30000  the generator's ports; with --a-per one port a call on side A
                   --media-port 41000 --rtp-ports 42000-59999  --warm-up (handshakes and packets of its own before READY)
        rtpengine  the same legs in an rtpengine: --ng-port 22222 --pid N besides calls, mode, out, cert, a-port, b-port
        accounts   --data FOLDER --count N: accounts u0, u1, ... and phone, caller, each with its name as password; --realm gateway
        register   --sip-port 5060 --from PORT, --user caller or --count N (u0, u1, ...): registers from a UDP port that a
                   generator takes afterwards
        table      FILE...: the medians of RESULT lines as a Markdown table
        (other)    arguments of BenchmarkDotNet: --filter '*Srtp*' --job short
        """;
}
