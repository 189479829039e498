using Gateway.Media.Srtp;
using Gateway.Testing;

namespace Gateway.Media.Tests.Srtp;

public class IndexWindowTests
{
    [Fact]
    [Rfc(3711, "A")]
    public void The_index_is_guessed_as_the_rfc_writes_it_down()
    {
        var random = new Random(3711);
        for (var i = 0; i < 200_000; i++)
        {
            var highest = ((ulong)random.Next(3) << 16) | (uint)random.Next(65536);
            var sequence = i % 4 == 0 ? (ushort)(highest + 0x8000) : (ushort)random.Next(65536); // the boundary often
            var window = default(IndexWindow);
            window.Mark(highest);

            var known = window.TryEstimate(sequence, out var index);

            // appendix A, with v as a signed number
            long rollover = (long)(highest >> 16), last = (long)(highest & 0xFFFF), v;
            if (last < 32768)
            {
                v = sequence - last > 32768 ? rollover - 1 : rollover;
            }
            else
            {
                v = last - 32768 > sequence ? rollover + 1 : rollover;
            }

            Assert.Equal(v >= 0, known);
            Assert.True(!known || index == (ulong)((v * 65536) + sequence));
        }
    }

    [Fact]
    [Rfc(3711, "3.3.2")]
    public void The_window_agrees_with_a_list_of_all_that_was_seen()
    {
        var random = new Random(1);
        for (var run = 0; run < 200; run++)
        {
            var window = default(IndexWindow);
            var seen = new HashSet<ulong>();
            ulong highest = 1000;
            for (var i = 0; i < 500; i++)
            {
                var index = random.Next(10) switch
                {
                    0 => highest + (ulong)random.Next(200),
                    < 5 => highest + (ulong)random.Next(3),
                    _ => highest - (ulong)random.Next(160),
                };
                var expected = seen.Count == 0 || index > highest ? SrtpStatus.Ok
                    : highest - index >= IndexWindow.Size ? SrtpStatus.TooOld
                    : seen.Contains(index) ? SrtpStatus.Replayed : SrtpStatus.Ok;

                Assert.Equal(expected, window.Check(index));
                if (expected == SrtpStatus.Ok)
                {
                    window.Mark(index);
                    highest = seen.Count == 0 ? index : Math.Max(highest, index);
                    seen.Add(index);
                }
            }
        }
    }
}
