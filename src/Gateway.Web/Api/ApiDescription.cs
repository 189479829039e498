using System.Text.Json.Nodes;
using Gateway.Web.Security;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Gateway.Web.Api;

/// <summary>The OpenAPI document of /api/v1, and a page at /docs/api that shows it to who is signed in.</summary>
internal static class ApiDescription
{
    private const string Document = "v1";
    private const string Page = "docs/api";
    private const string PageStyle = "sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w=";
    private const string KeyScheme = "apiKey";
    private const string CookieScheme = "cookie";

    public static void AddApiDescription(this IServiceCollection services) => services.AddOpenApi(Document, options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.ShouldInclude = description => description.RelativePath?.StartsWith("api/v1/", StringComparison.Ordinal) == true;
        options.AddDocumentTransformer(DescribeAsync);
        options.AddOperationTransformer(DescribeAsync);
        options.AddSchemaTransformer(DescribeAsync);
    });

    /// <summary>Before the end of the pipeline: the page's own files are behind the sign-in too.</summary>
    public static void UseApiPage(this WebApplication app) => app.UseWhen(context => context.Request.Path.StartsWithSegments("/" + Page, StringComparison.OrdinalIgnoreCase), branch =>
    {
        branch.Use(async (context, next) =>
        {
            if (context.User.Identity is not { IsAuthenticated: true })
            {
                context.Response.Redirect("/login?ReturnUrl=%2Fdocs%2Fapi");
                return;
            }

            // The page's script makes one <style> element; its hash lets in that one and no other.
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = headers.ContentSecurityPolicy.ToString().Replace("style-src 'self'", $"style-src 'self' '{PageStyle}'", StringComparison.Ordinal);
            await next(context);
        });
        branch.UseSwaggerUI(options =>
        {
            options.RoutePrefix = Page;
            options.DocumentTitle = "Gateway API";
            options.SwaggerEndpoint("/openapi/v1.json", "Gateway API v1");
            // Nothing of this page is asked of other hosts.
            options.ConfigObject.ValidatorUrl = null;
        });
    });

    public static void MapApiDescription(this IEndpointRouteBuilder routes) =>
        routes.MapOpenApi("/openapi/{documentName}.json").RequireAuthorization().RequireRateLimiting(ApiRates.Policy);

    private static Task DescribeAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancel)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Gateway API",
            Version = typeof(ApiDescription).Assembly.GetName().Version?.ToString(3) ?? "1",
            Description = "Everything that the console does: accounts, trunks, routes, groups, widgets, calls and their records. "
                + "Programs come with an API key (Authorization: Bearer gwk_…), pages with the cookie of a signed-in person. "
                + "Lists come in pages; changes name the version they are based on (If-Match); refusals are problem documents (RFC 9457) whose errors name the fields.",
        };
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [KeyScheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An API key, made at /api/v1/api-keys." },
            [CookieScheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Cookie, Name = "__Host-gateway", Description = "Of a person who signed in; changes must come from a page of the gateway (Origin)." },
        };
        document.Security =
        [
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(KeyScheme, document)] = [] },
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(CookieScheme, document)] = [] },
        ];
        return Task.CompletedTask;
    }

    private static Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancel)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        foreach (var parameter in metadata.OfType<ApiParameter>())
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = parameter.Name,
                In = parameter.In == "query" ? ParameterLocation.Query : ParameterLocation.Header,
                Description = parameter.Description,
                Required = parameter.IsRequired,
                Schema = new OpenApiSchema { Type = parameter.IsNumber ? JsonSchemaType.Integer : JsonSchemaType.String },
                Example = parameter.IsNumber ? JsonNode.Parse(parameter.Example) : JsonValue.Create(parameter.Example),
            });
        }

        if (metadata.OfType<ApiExample>().LastOrDefault() is { } example && operation.RequestBody?.Content is { } bodies)
        {
            foreach (var body in bodies.Values.OfType<OpenApiMediaType>())
            {
                body.Example = JsonNode.Parse(example.Json);
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>What the comments say of a field counts for programs too.</summary>
    private static Task DescribeAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancel)
    {
        if (context.JsonPropertyInfo is { } property)
        {
            if (property.Name is "id" or "version" or "updatedAt" || schema.Description?.StartsWith("Only read", StringComparison.Ordinal) == true)
            {
                schema.ReadOnly = true;
            }
            else if (schema.Description?.StartsWith("Only written", StringComparison.Ordinal) == true)
            {
                schema.WriteOnly = true;
            }
        }
        else if (context.JsonTypeInfo.Type == typeof(Microsoft.AspNetCore.Mvc.ProblemDetails))
        {
            schema.Properties ??= new Dictionary<string, IOpenApiSchema>();
            schema.Properties["errors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "By field (as in the body: host, dids[0].number), what to write instead.",
                AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema { Type = JsonSchemaType.String } },
            };
            schema.Examples = [JsonNode.Parse("""
                {"type":"urn:gateway:problem:invalid","title":"Bad Request","status":400,"detail":"Some fields need another value.","errors":{"host":["A host name such as sip.example.com, or an address."]}}
                """)!];
        }

        return Task.CompletedTask;
    }
}
