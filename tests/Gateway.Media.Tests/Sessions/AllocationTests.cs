using Gateway.Media.Sessions;
using Gateway.Testing;
using static Gateway.Media.Tests.Sessions.Play;

namespace Gateway.Media.Tests.Sessions;

public sealed class AllocationTests
{
    [Fact]
    [Row(89)]
    public void A_bridge_between_a_browser_and_a_phone_allocates_nothing_per_packet()
    {
        const int Packets = 2000;
        var (near, far) = (new LegTrace { Keeps = false }, new LegTrace { Keeps = false });
        var browser = new PlayedBrowser(near);
        browser.Connect(Ms(0));
        var phone = OpenPhone(far, Phone);
        MediaBridge.Join(browser.Leg, phone);

        // The browser's packets are made beforehand: only the gateway's work is measured.
        var fromBrowser = Enumerable.Range(0, Packets * 2).Select(i => browser.Protect(Packet(3, i, (uint)(160 * i)))).ToArray();
        var fromPhone = Enumerable.Range(0, Packets * 2).Select(i => Packet(4, i, (uint)(160 * i))).ToArray();

        void Play(int first)
        {
            for (var i = first; i < first + Packets; i++)
            {
                var now = Ms(20 * i);
                browser.Leg.Receive(fromBrowser[i], 0, PlayedBrowser.Home, now);
                phone.Receive(fromPhone[i], 0, Phone, now);
                if (browser.Leg.Deadline <= now)
                {
                    browser.Leg.OnDeadline(now);
                }

                if (phone.Deadline <= now)
                {
                    phone.OnDeadline(now);
                }
            }
        }

        browser.Check(Ms(0));
        Play(0);
        browser.Check(Ms(20 * Packets));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Play(Packets);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.True(far.Count >= 2 * Packets, $"{far.Count} packets reached the phone");
    }
}
