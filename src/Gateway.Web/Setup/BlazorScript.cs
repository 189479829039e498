using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Gateway.Web.Setup;

/// <summary>
/// Serves blazor.web.js where the build had to take the stand-in (BlazorScript.targets). With the standard package its file is
/// a static asset, and nothing here acts.
/// </summary>
internal static class BlazorScript
{
    private const string Resource = "_framework/blazor.web.js";

    public static void MapBlazorScript(this IEndpointRouteBuilder routes)
    {
        var file = Path.Combine(AppContext.BaseDirectory, "blazor-script", "blazor-9.0.bin");
        if (!File.Exists(file))
        {
            return;
        }

        var script = Read(file);
        var tag = new Microsoft.Net.Http.Headers.EntityTagHeaderValue($"\"{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(script))[..16]}\"");
        routes.MapGet(Resource, (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "no-cache";
            return Results.Bytes(script, "text/javascript", entityTag: tag);
        }).AllowAnonymous();
    }

    /// <summary>The bytes of the script, which the assembly holds as a manifest resource (ECMA-335 §II.24.2.4: a length, then the data).</summary>
    private static byte[] Read(string file)
    {
        using var assembly = new PEReader(File.OpenRead(file));
        var metadata = assembly.GetMetadataReader();
        foreach (var handle in metadata.ManifestResources)
        {
            var resource = metadata.GetManifestResource(handle);
            if (metadata.GetString(resource.Name) == Resource)
            {
                var section = assembly.GetSectionData(assembly.PEHeaders.CorHeader!.ResourcesDirectory.RelativeVirtualAddress);
                var reader = section.GetReader((int)resource.Offset, section.Length - (int)resource.Offset);
                return reader.ReadBytes(reader.ReadInt32());
            }
        }

        throw new InvalidDataException($"{file} does not hold {Resource}.");
    }
}
