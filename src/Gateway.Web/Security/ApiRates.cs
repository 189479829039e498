using System.Globalization;
using System.Security.Claims;
using System.Threading.RateLimiting;
using Gateway.Web.Api;
using Microsoft.AspNetCore.RateLimiting;

namespace Gateway.Web.Security;

/// <summary>How often the API may be asked: counted per API key, per account, and per address for those who are neither.</summary>
internal static class ApiRates
{
    public const string Policy = "api";

    public static void AddApiRates(this IServiceCollection services, WebOptions web) => services.AddRateLimiter(options =>
    {
        options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        options.OnRejected = async (rejected, cancel) =>
        {
            var seconds = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)) : 1;
            rejected.HttpContext.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            await Problems.Of(StatusCodes.Status429TooManyRequests, "too-often", $"Too many requests: wait {seconds} s (Gateway:Web:ApiRequestsPerMinute).").ExecuteAsync(rejected.HttpContext).ConfigureAwait(false);
        };
        options.AddPolicy(Policy, context => RateLimitPartition.GetTokenBucketLimiter(
            context.User.FindFirstValue(ClaimTypes.NameIdentifier) ?? context.Connection.RemoteIpAddress?.ToString() ?? "",
            _ => new TokenBucketRateLimiterOptions
            {
                // A fifth of a minute's worth may come at once.
                TokenLimit = Math.Max(1, web.ApiRequestsPerMinute / 5),
                TokensPerPeriod = Math.Max(1, web.ApiRequestsPerMinute / 60),
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                QueueLimit = 0,
            }));
    });
}
