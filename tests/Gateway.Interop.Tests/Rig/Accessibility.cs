using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Gateway.Interop.Tests.Rig;

/// <summary>What axe-core says of a page in both colour schemes, and whether it fits its width.</summary>
internal static class Accessibility
{
    /// <summary>Transitions off, because axe would measure a colour that is on its way.</summary>
    public static async Task AssertAsync(IPage page, string where)
    {
        foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
            // Nothing but colours differs in the dark.
            var rules = scheme == ColorScheme.Dark ? RunOnlyOptions.Rules("color-contrast") : RunOnlyOptions.Tags("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa");
            var result = await page.RunAxe(new AxeRunOptions { RunOnly = rules });
            Assert.True(result.Violations.Length == 0, $"{where}, {scheme}\n" + string.Join('\n', result.Violations.Select(violation =>
                $"{violation.Id}: {violation.Help} | {string.Join(" | ", violation.Nodes.Take(3).Select(node => node.Html))}")));
        }
    }

    public static async Task AssertFitsAsync(IPage page, string where)
    {
        var overflow = await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - innerWidth");
        Assert.True(overflow <= 0, $"{where} is {overflow} px too wide");
    }
}
