using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Bench.Load;
using Gateway.Media.Dtls;
using Gateway.Net;
using Gateway.Net.Dtls;
using Gateway.Net.Media;
using Gateway.Server.Ports;

namespace Gateway.Bench.Rigs;

/// <summary>
/// "relay": the gateway's media plane alone, with legs opened and joined as a call would, so that the generator that drives
/// other relays drives this one too. One media loop, as the rows are per core.
/// </summary>
internal static class RelayCommand
{
    private static readonly CodecBinding s_pcmu = new(new CodecId("PCMU", 8000, 1), 0, 0);

    public static int Run(RelayOptions options)
    {
        var failures = 0;
        using var relay = new MediaRelay(
            new NetOptions
            {
                Listen = [IPAddress.Loopback], MediaPort = options.MediaPort, RtpPortFirst = options.RtpFirst, RtpPortLast = options.RtpLast, MediaLoops = 1,
            },
            (_, happened) => failures += happened is MediaEvent.Failed ? 1 : 0);
        if (options.WarmUp)
        {
            WarmUp(relay);
        }

        var calls = new StringBuilder();
        for (var i = 0; i < options.Calls; i++)
        {
            var a = new LegId((2 * i) + 1);
            var b = new LegId((2 * i) + 2);
            calls.Append(options.IsIce ? OpenBrowser(relay, options, a, i) : OpenPlain(relay, a, options.APortOf(i)));
            calls.Append(' ').Append(OpenPlain(relay, b, options.BPort)).Append('\n');
            relay.Join(a, b);
        }

        File.WriteAllText(options.Out, calls.ToString());
        Console.WriteLine("READY pid=" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        using var end = new ManualResetEventSlim();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            end.Set();
        });
        end.Wait();
        new Result("gateway-relay-end").Add("failed_legs", failures).Add("gc", GC.CollectionCount(0))
            .Add("allocated_mib", GC.GetTotalAllocatedBytes() / 1048576.0, 1)
            .Add("rss_mib", ServerProcess.ResidentKiB(Environment.ProcessId) / 1024.0, 1).Print();
        return 0;
    }

    /// <summary>Some calls of our own ends through the relay: a server in use has its code compiled.</summary>
    private static void WarmUp(MediaRelay relay)
    {
        const int Calls = 100;
        using var browser = new DtlsIdentity();
        using var pump = new MediaPump(browser, sleeps: true);
        for (var i = 0; i < Calls; i++)
        {
            var pair = pump.OpenAsync(i).Result;
            var (a, b) = (new LegId(-1 - (2 * i)), new LegId(-2 - (2 * i)));
            var identity = relay.OpenWebRtc(a, 0);
            relay.Configure(a, Configuration() with
            {
                WebRtc = new WebRtcRemote("b" + i.ToString("D6", CultureInfo.InvariantCulture), "", [browser.Fingerprint.ToString()], Server.Ports.DtlsRole.Server),
            });
            var phone = pair.Phone.Port.Local;
            var gateway = relay.OpenRtp(b, 0, IPAddress.Loopback)!.Rtp;
            relay.Configure(b, Configuration() with { Rtp = new RtpRemote(phone, phone, RtcpMux: true, null, BehindNat: false) });
            relay.Join(a, b);
            var answer = $"m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=ice-ufrag:{identity.IceUfrag}\r\na=ice-pwd:{identity.IcePassword}\r\n"
                + $"a=fingerprint:{identity.Fingerprint}\r\na=candidate:1 1 udp 1 {Text(identity.Addresses[0])} typ host\r\n";
            pump.DoAsync(now =>
            {
                pair.Phone.Start(gateway);
                pair.Browser.Start(answer, now);
            }).Wait();
            pair.Browser.Secure.Wait();
            pair.IsUp = true;
        }

        pump.StartSendingAsync().Wait();
        Thread.Sleep(3000);
        pump.StopSendingAsync().Wait();
        for (var leg = 1; leg <= 2 * Calls; leg++)
        {
            relay.Close(new LegId(-leg));
        }
    }

    private static LegConfiguration Configuration() =>
        new() { Codecs = [s_pcmu], CanSend = true, CanReceive = true, SilenceLimit = TimeSpan.Zero };

    private static string OpenBrowser(MediaRelay relay, RelayOptions options, LegId leg, int call)
    {
        using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(options.Certificate));
        var identity = relay.OpenWebRtc(leg, 0);
        var (ufrag, password) = RelayOptions.Peer(call);
        relay.Configure(leg, Configuration() with
        {
            WebRtc = new WebRtcRemote(ufrag, password, [Fingerprint.OfCertificate(certificate.RawData).ToString()], Server.Ports.DtlsRole.Server),
        });
        return $"{Text(identity.Addresses[0])} ice:{identity.IceUfrag}:{identity.IcePassword}:{ufrag}:{password}";
    }

    private static string OpenPlain(MediaRelay relay, LegId leg, int peerPort)
    {
        var identity = relay.OpenRtp(leg, 0, IPAddress.Loopback) ?? throw new UsageException("--rtp-ports has too few ports: four a plain call, two with ICE.");
        var peer = new IPEndPoint(IPAddress.Loopback, peerPort);
        relay.Configure(leg, Configuration() with
        {
            Rtp = new RtpRemote(peer, peer, RtcpMux: true, null, BehindNat: false),
        });
        return Text(identity.Rtp) + " rtp";
    }

    private static string Text(IPEndPoint address) => $"{address.Address} {address.Port.ToString(CultureInfo.InvariantCulture)}";
}
