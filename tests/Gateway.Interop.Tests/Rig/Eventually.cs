using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Gateway.Interop.Tests.Rig;

/// <summary>Waits for what real peers do, and says what it waited for when it does not come.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    public static async Task True(Func<bool> condition, TimeSpan? limit = null, Func<string>? detail = null,
        [CallerArgumentExpression(nameof(condition))] string? what = null)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > (limit ?? Soon))
            {
                Assert.Fail($"after {clock.Elapsed.TotalSeconds:F1} s still not: {what}\n{detail?.Invoke()}");
            }

            await Task.Delay(25);
        }
    }

    public static async Task True(Func<Task<bool>> condition, TimeSpan? limit = null, Func<string>? detail = null,
        [CallerArgumentExpression(nameof(condition))] string? what = null)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed > (limit ?? Soon))
            {
                Assert.Fail($"after {clock.Elapsed.TotalSeconds:F1} s still not: {what}\n{detail?.Invoke()}");
            }

            await Task.Delay(50);
        }
    }
}
