using Gateway.Web.Administration;

namespace Gateway.Web.Api;

/// <summary>Refusals as RFC 9457 problem documents: what is wrong, which field, and what to do.</summary>
internal static class Problems
{
    public static IResult Of(Refusal refusal) => refusal.Kind switch
    {
        RefusalKind.Invalid => Of(StatusCodes.Status400BadRequest, "invalid", refusal.Message, refusal.Errors),
        RefusalKind.Missing => Missing(refusal.Message),
        RefusalKind.Stale => Of(StatusCodes.Status412PreconditionFailed, "changed-meanwhile", refusal.Message),
        RefusalKind.Taken => Of(StatusCodes.Status409Conflict, "name-taken", refusal.Message, refusal.Errors),
        _ => Of(StatusCodes.Status409Conflict, "in-use", refusal.Message),
    };

    public static IResult Missing(string detail = "There is no such object.") => Of(StatusCodes.Status404NotFound, "not-found", detail);

    public static IResult Forbidden(string detail) => Of(StatusCodes.Status403Forbidden, "forbidden", detail);

    public static IResult Field(string field, string message) => Of(StatusCodes.Status400BadRequest, "invalid", "Some fields need another value.", [new FieldError(field, message)]);

    /// <param name="type">The last part of the problem's type: stable, for programs.</param>
    public static IResult Of(int status, string type, string detail, IReadOnlyList<FieldError>? errors = null) => Results.Problem(
        detail,
        statusCode: status,
        type: "urn:gateway:problem:" + type,
        extensions: errors is { Count: > 0 }
            ? new Dictionary<string, object?> { ["errors"] = errors.GroupBy(error => error.Field).ToDictionary(group => group.Key, group => group.Select(error => error.Message).ToArray()) }
            : null);
}
