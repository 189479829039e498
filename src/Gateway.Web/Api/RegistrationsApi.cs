using Gateway.Web.Live;
using Gateway.Web.Security;

namespace Gateway.Web.Api;

internal static class RegistrationsApi
{
    public static void MapRegistrationsApi(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/registrations", (Registrations registrations) => registrations.ListAsync())
            .RequireAuthorization(Access.Read);
}
