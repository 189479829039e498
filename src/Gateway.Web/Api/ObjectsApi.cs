using System.Globalization;
using Gateway.Web.Administration;
using Gateway.Web.Security;
using Microsoft.Net.Http.Headers;

namespace Gateway.Web.Api;

/// <summary>
/// The same six operations for every kind of object: list, read, create, replace, patch, delete. Versions travel as ETags; a
/// change names the version that it is based on (If-Match), so that nobody overwrites what another one just did.
/// </summary>
internal static class ObjectsApi
{
    /// <param name="singular">For the description, with its article, e.g. "a trunk".</param>
    public static RouteGroupBuilder MapObjects<T>(this RouteGroupBuilder api, string kind, string singular, int limit = ApiBody.Limit) where T : class, IResource
    {
        var group = api.MapGroup("/" + kind).WithTags(kind);
        var plural = kind.Replace('-', ' ');

        group.MapGet("/", (HttpContext context, IAdministered<T> objects) => List(context, objects))
            .RequireAuthorization(Access.Read).WithName($"list-{kind}").WithSummary($"Lists the {plural}.")
            .WithPaging().WithQuery("q", "Only those whose name holds this text.", "berlin")
            .Produces<Page<T>>().ProducesProblem(400);

        group.MapGet("/{id:guid}", (HttpContext context, Guid id, IAdministered<T> objects) => objects.Get(id) is { } found ? Found(context, found) : Problems.Missing())
            .RequireAuthorization(Access.Read).WithName($"get-{kind}").WithSummary($"Reads {singular}.")
            .Produces<T>().ProducesProblem(404);

        group.MapPost("/", async (HttpContext context, IAdministered<T> objects) =>
            {
                var (wanted, refusal) = await ApiBody.ReadAsync<T>(context, limit);
                if (wanted is null)
                {
                    return refusal!;
                }

                var (made, refused) = await objects.CreateAsync(wanted, ActorOf(context), context.RequestAborted);
                if (made is null)
                {
                    return Problems.Of(refused!);
                }

                SetTag(context, made);
                return Results.Created($"/api/v1/{kind}/{made.Id}", made);
            })
            .RequireAuthorization(Access.Admin).WithName($"create-{kind}").WithSummary($"Makes {singular}.")
            .Accepts<T>("application/json").WithExample<T>().Produces<T>(201).ProducesProblem(400).ProducesProblem(409).ProducesProblem(413).ProducesProblem(415);

        group.MapPut("/{id:guid}", (HttpContext context, Guid id, IAdministered<T> objects) => UpdateAsync(context, id, objects, _ => ApiBody.ReadAsync<T>(context, limit)))
            .RequireAuthorization(Access.Admin).WithName($"replace-{kind}").WithSummary($"Replaces {singular}; left-out fields take their defaults, secrets stay.")
            .Accepts<T>("application/json").WithExample<T>().Changes<T>();

        group.MapPatch("/{id:guid}", (HttpContext context, Guid id, IAdministered<T> objects) => UpdateAsync(context, id, objects, current => ApiBody.PatchAsync(context, current, limit)))
            .RequireAuthorization(Access.Admin).WithName($"patch-{kind}").WithSummary($"Changes some fields of {singular} (RFC 7396).")
            .Accepts<T>("application/merge-patch+json").Changes<T>();

        group.MapDelete("/{id:guid}", async (HttpContext context, Guid id, IAdministered<T> objects) =>
            {
                if (!TryExpected(context, out var expected, out var refusal))
                {
                    return refusal;
                }

                var (gone, refused) = await objects.DeleteAsync(id, expected, ActorOf(context), context.RequestAborted);
                return gone is null ? Problems.Of(refused!) : Results.NoContent();
            })
            .RequireAuthorization(Access.Admin).WithName($"delete-{kind}").WithSummary($"Deletes {singular}.")
            .WithIfMatch().Produces(204).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412).ProducesProblem(428);
        return group;
    }

    /// <summary>Who asks, for the audit log.</summary>
    public static Actor ActorOf(HttpContext context) => new(context.User.Identity?.Name ?? "", context.Connection.RemoteIpAddress?.ToString() ?? "");

    public static IResult Found<T>(HttpContext context, T found) where T : class, IResource
    {
        SetTag(context, found);
        return context.Request.GetTypedHeaders().IfNoneMatch.Any(tag => tag.Tag == context.Response.GetTypedHeaders().ETag!.Tag)
            ? Results.StatusCode(StatusCodes.Status304NotModified)
            : Results.Ok(found);
    }

    public static void SetTag(HttpContext context, IResource resource) =>
        context.Response.GetTypedHeaders().ETag = new EntityTagHeaderValue(string.Create(CultureInfo.InvariantCulture, $"\"{resource.Version}\""));

    /// <param name="expected">Null for If-Match: *.</param>
    public static bool TryExpected(HttpContext context, out long? expected, out IResult refusal)
    {
        expected = null;
        refusal = Results.Empty;
        var header = context.Request.Headers.IfMatch.ToString().Trim();
        if (header == "*")
        {
            return true;
        }

        if (header.Length == 0)
        {
            refusal = Problems.Of(StatusCodes.Status428PreconditionRequired, "if-match", "Send If-Match with the ETag of the version that you have read, or If-Match: * to change whatever stands there.");
            return false;
        }

        if (header is ['"', .. var number, '"'] && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var version))
        {
            expected = version;
            return true;
        }

        refusal = Problems.Of(StatusCodes.Status412PreconditionFailed, "changed-meanwhile", "If-Match is not an ETag of this object.");
        return false;
    }

    private static IResult List<T>(HttpContext context, IAdministered<T> objects) where T : class, IResource
    {
        if (!Paging.TryRead(context, ["q"], out var limit, out var after, out var refusal))
        {
            return refusal;
        }

        return Paging.Answer(context, objects.Page(context.Request.Query["q"].ToString(), after, limit + 1), limit, objects.SortKey);
    }

    private static async Task<IResult> UpdateAsync<T>(HttpContext context, Guid id, IAdministered<T> objects, Func<T, Task<(T? Value, IResult? Refusal)>> read) where T : class, IResource
    {
        if (!TryExpected(context, out var expected, out var refusal))
        {
            return refusal;
        }

        if (objects.Get(id) is not { } current)
        {
            return Problems.Missing();
        }

        var (wanted, unreadable) = await read(current);
        if (wanted is null)
        {
            return unreadable!;
        }

        var (now, refused) = await objects.UpdateAsync(id, wanted, expected, ActorOf(context), context.RequestAborted);
        if (now is null)
        {
            return Problems.Of(refused!);
        }

        SetTag(context, now);
        return Results.Ok(now);
    }

    public static RouteHandlerBuilder WithExample<T>(this RouteHandlerBuilder builder) =>
        ApiWords.ExampleOf(typeof(T)) is { } example ? builder.WithMetadata(new ApiExample(example)) : builder;

    private static void Changes<T>(this RouteHandlerBuilder builder) => builder
        .WithIfMatch().Produces<T>().ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412).ProducesProblem(413).ProducesProblem(415).ProducesProblem(428);
}
