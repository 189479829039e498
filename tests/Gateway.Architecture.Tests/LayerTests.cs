using System.Reflection;
using System.Xml.Linq;

namespace Gateway.Architecture.Tests;

/// <summary>Dependencies point down only (docs/architecture.md), in the project files and in what the compiler made of them.</summary>
public sealed class LayerTests
{
    /// <summary>The house: what each project may see of the others.</summary>
    private static readonly Dictionary<string, string[]> s_house = new()
    {
        ["Gateway.Sip"] = [],
        ["Gateway.Sdp"] = [],
        ["Gateway.Media"] = [],
        ["Gateway.Server"] = ["Gateway.Sip", "Gateway.Sdp", "Gateway.Media"],
        ["Gateway.Net"] = ["Gateway.Server", "Gateway.Sip", "Gateway.Media"],
        ["Gateway.Storage"] = ["Gateway.Server", "Gateway.Sip"],
        ["Gateway.Web"] = ["Gateway.Net", "Gateway.Storage", "Gateway.Server", "Gateway.Sip"],
    };

    public static TheoryData<string> Projects => [.. s_house.Keys];

    public static TheoryData<string> GroundFloor => ["Gateway.Sip", "Gateway.Sdp", "Gateway.Media"];

    [Theory, MemberData(nameof(Projects))]
    public void A_project_refers_only_to_the_floors_below(string project)
    {
        var file = XDocument.Load(Path.Combine(Repository.Root, "src", project, project + ".csproj"));
        var references = file.Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));

        Assert.Empty(references.Except(s_house[project]));
    }

    [Theory, MemberData(nameof(Projects))]
    public void An_assembly_uses_only_the_floors_below(string project)
    {
        var used = Assembly.Load(project).GetReferencedAssemblies()
            .Select(name => name.Name!)
            .Where(name => name.StartsWith("Gateway.", StringComparison.Ordinal));

        Assert.Empty(used.Except(s_house[project]));
    }

    [Theory, MemberData(nameof(GroundFloor))]
    public void The_ground_floor_has_no_sockets_tasks_or_logging(string project)
    {
        string[] banned = ["System.Net.Sockets", "System.Threading.Tasks", "System.Threading.Thread", "System.Threading.Timer",
            "System.Console", "System.Diagnostics.Process", "System.Net.Http"];
        var used = Assembly.Load(project).GetReferencedAssemblies().Select(name => name.Name!).ToList();

        Assert.Empty(used.Intersect(banned));
        Assert.DoesNotContain(used, name => name.StartsWith("Microsoft.Extensions", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_source_project_has_its_place_in_the_house()
    {
        var projects = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(Path.GetFileNameWithoutExtension);

        Assert.Equal(s_house.Keys.Order(), projects.Order()!);
    }
}
