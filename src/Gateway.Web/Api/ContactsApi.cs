using Gateway.Server.Accounts;
using Gateway.Server.Ports;
using Gateway.Web.Security;

namespace Gateway.Web.Api;

/// <summary>Someone the phone can name: an own contact, or a colleague of this gateway.</summary>
internal sealed record Person(string Name, IReadOnlyList<string> Numbers);

/// <summary>Names for numbers: what the softphone shows for who calls, and suggests where one types.</summary>
internal static class ContactsApi
{
    /// <summary>A phone needs no directory of a city; whoever calls brings a name along.</summary>
    private const int MostColleagues = 1000;

    public static void MapContactsApi(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/phone/contacts", async (HttpContext context, SignIn signIn, IContactStore contacts, AccountDirectory accounts, CancellationToken cancel) =>
        {
            if (signIn.AccountOf(context.User) is not { } account)
            {
                return Results.Problem("Sign in first.", statusCode: StatusCodes.Status401Unauthorized);
            }

            context.Response.Headers.CacheControl = "no-store";
            var own = await contacts.ListAsync(account.Id, cancel);
            return Results.Ok(own.Select(contact => new Person(contact.Name, contact.Numbers)).Concat(Colleagues(accounts, account)));
        }).RequireAuthorization();

    /// <summary>Everyone else here who has a name, by the shortest way to dial them.</summary>
    public static IEnumerable<Person> Colleagues(AccountDirectory accounts, Account self) => accounts.All
        .Where(account => account.IsEnabled && account.Id != self.Id && account.DomainId == self.DomainId)
        .OrderBy(account => account.DisplayName.Length > 0 ? account.DisplayName : account.User, StringComparer.OrdinalIgnoreCase)
        .Take(MostColleagues)
        .Select(account => new Person(account.DisplayName.Length > 0 ? account.DisplayName : account.User, [.. account.Aliases, account.User]));
}
