using Gateway.Media.Rtp;
using Gateway.Media.Sessions;
using Gateway.Media.Srtp;
using Gateway.Testing;
using static Gateway.Media.Tests.Sessions.Play;

namespace Gateway.Media.Tests.Sessions;

/// <summary>
/// With AES-GCM one index used twice gives the key stream away, so whatever happens to a leg no two of its packets may have
/// the same. The receiver of the played browser is the judge: a repeated index is a replay to it, a wrong rollover a bad tag.
/// </summary>
public sealed class SrtpIndexTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [Rfc(3711, "9.1")]
    [Rfc(7714, "8.4")]
    [Threat(5)]
    public void No_index_is_used_twice_whatever_happens_to_a_leg(int seed)
    {
        const int Steps = 6000;
        var random = new Random(seed);
        var trace = new LegTrace();
        var browser = new PlayedBrowser(trace);
        browser.Connect(Ms(0));
        var phones = Enumerable.Range(0, 3).Select(i => new Source(OpenPhone(new LegTrace(), At(i), 0xB000u + (uint)i), At(i), (uint)random.Next())).ToArray();
        MediaBridge.Join(phones[0].Leg, browser.Leg);
        var judged = 0;

        for (var step = 1; step <= Steps; step++)
        {
            var now = Ms(20 * step);
            switch (random.Next(60))
            {
                case 0:
                    MediaBridge.Join(phones[random.Next(phones.Length)].Leg, browser.Leg); // a transfer
                    break;
                case 1:
                    browser.Leg.Configure(browser.Leg.Settings with { CanSend = !browser.Leg.Settings.CanSend }, now); // hold, resume
                    break;
                case 2:
                    browser.Leg.SendDigit("0123456789*#"[random.Next(12)], Ms(random.Next(200)), now);
                    break;
                case 3:
                    browser.Leg.Serve(random.Next(2) == 0 ? LegService.Tone : LegService.Echo, now);
                    break;
                case 4:
                    phones[random.Next(phones.Length)].Restart(random);
                    break;
                case 5:
                    browser.Check(now);
                    break;
            }

            foreach (var phone in phones)
            {
                phone.Send(random, now);
            }

            browser.Send(browser.Protect(Packet(5, step, (uint)(160 * step))), now); // what an echo returns
            browser.Leg.RunTo(now);
            foreach (var sent in trace.Datagrams.Where(d => d.Kind == PacketKind.Rtp))
            {
                Assert.Equal(SrtpStatus.Ok, browser.Srtp!.Receiver.Unprotect([.. sent.Bytes], out _));
                judged++;
            }

            trace.Datagrams.Clear();
        }

        Assert.True(judged > Steps / 4, $"only {judged} packets were sent");
    }

    private static MediaAddress At(int i) => Address("192.0.2.50", 7000 + i);

    /// <summary>A phone that repeats, delays, loses and restarts.</summary>
    private sealed class Source(RtpLeg leg, MediaAddress at, uint ssrc)
    {
        private int _sequence = 65000;
        private uint _ssrc = ssrc;

        public RtpLeg Leg { get; } = leg;

        public void Restart(Random random)
        {
            _sequence = random.Next(65536);
            _ssrc = random.Next(2) == 0 ? _ssrc : (uint)random.Next();
        }

        public void Send(Random random, TimeSpan now)
        {
            _sequence += random.Next(20) == 0 ? random.Next(30) : 1;
            Put(_sequence, random, now);
            if (random.Next(10) == 0)
            {
                Put(_sequence - random.Next(40), random, now);
            }
        }

        private void Put(int sequence, Random random, TimeSpan now) =>
            Leg.Receive(Packet(_ssrc, sequence, (uint)(sequence * 160), random.Next(30) == 0 ? (byte)101 : (byte)0), 0, at, now);
    }
}
