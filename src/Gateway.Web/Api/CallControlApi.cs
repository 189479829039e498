using Gateway.Net.Sip;
using Gateway.Server;
using Gateway.Server.Accounts;
using Gateway.Server.Calls;
using Gateway.Web.Administration;
using Gateway.Web.Security;

namespace Gateway.Web.Api;

/// <summary>Click-to-dial: the account's phones ring first, then the target is called for it (RFC 3725).</summary>
/// <param name="To">A number, a user or a SIP address, as the account could dial it.</param>
/// <param name="From">User of the account; left out: who asks. An agent may name itself only.</param>
internal sealed record OriginateRequest(string To, string? From = null);

/// <param name="By">The side that hands the other one on: caller or callee.</param>
/// <param name="To">A number, a user or a SIP address, as the account could dial it.</param>
internal sealed record TransferRequest(string To, CallSide By = CallSide.Callee);

/// <param name="Side">On whose behalf: the other one hears that it is held.</param>
/// <param name="Hold">False takes the call off hold.</param>
internal sealed record HoldRequest(CallSide Side = CallSide.Callee, bool Hold = true);

/// <summary>The call that a command was for.</summary>
internal sealed record CallReference(Guid Id);

/// <summary>Commands to calls: start, end, hand on, hold. With the scope "calls" all of them; without it an account commands its own.</summary>
internal static class CallControlApi
{
    private const int LongestTarget = 256;

    public static void MapCallControlApi(this RouteGroupBuilder api)
    {
        var calls = api.MapGroup("/calls").WithTags("calls");
        calls.MapPost("/", OriginateAsync)
            .WithName("originate-call").WithSummary("Click-to-dial: rings the account's phones, then calls the target for it.")
            .Accepts<OriginateRequest>("application/json").WithExample<OriginateRequest>().Produces<CallReference>(201).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);

        calls.MapDelete("/{id:guid}", (HttpContext context, Guid id, CallCommands commands) =>
                commands.RunAsync(context, id, "hangup", "hung up", (host, _) => host.HangUpAsync(id, "administrative")))
            .WithName("hang-up-call").WithSummary("Ends a call, ringing or answered.").Produces(204).ProducesProblem(404).ProducesProblem(409);

        calls.MapPost("/{id:guid}/transfer", async (HttpContext context, Guid id, CallCommands commands) =>
            {
                var (wanted, refusal) = await ApiBody.ReadAsync<TransferRequest>(context);
                return wanted is null ? refusal!
                    : IsTarget(wanted.To) ? await commands.RunAsync(context, id, "transfer", $"to {wanted.To}", (host, account) => host.TransferAsync(id, wanted.By, wanted.To.Trim(), account))
                    : Problems.Field("to", "Whom to call: a number, a user or a SIP address.");
            })
            .WithName("transfer-call").WithSummary("Hands one side of an answered call on to someone else.")
            .WithDescription("The new target is called with the rights of who asks; for an API key with those of the side that hands on.")
            .Accepts<TransferRequest>("application/json").WithExample<TransferRequest>().Produces(204).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);

        calls.MapPost("/{id:guid}/hold", async (HttpContext context, Guid id, CallCommands commands) =>
            {
                var (wanted, refusal) = await ApiBody.ReadAsync<HoldRequest>(context);
                return wanted is null ? refusal!
                    : await commands.RunAsync(context, id, wanted.Hold ? "hold" : "resume", wanted.Side.ToString().ToLowerInvariant(), (host, _) => host.HoldAsync(id, wanted.Side, wanted.Hold));
            })
            .WithName("hold-call").WithSummary("Holds an answered call on one side's behalf, or takes it off hold.")
            .Accepts<HoldRequest>("application/json").WithExample<HoldRequest>().Produces(204).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<IResult> OriginateAsync(HttpContext context, AccountDirectory accounts, SignIn signIn, CallCommands commands)
    {
        var (wanted, refusal) = await ApiBody.ReadAsync<OriginateRequest>(context);
        if (wanted is null)
        {
            return refusal!;
        }

        var own = signIn.AccountOf(context.User);
        var from = string.IsNullOrWhiteSpace(wanted.From) ? own : accounts.TryGet(wanted.From.Trim(), out var named) ? named : null;
        if (from is null || !from.IsEnabled)
        {
            return Problems.Field("from", "The user of an account here that is enabled: its phones ring first.");
        }

        if (from.Id != own?.Id && !context.User.May(Access.Calls))
        {
            return Problems.Forbidden("You may start calls for yourself only.");
        }

        return IsTarget(wanted.To) ? await commands.OriginateAsync(context, from, wanted.To.Trim()) : Problems.Field("to", "Whom to call: a number, a user or a SIP address.");
    }

    /// <summary>What can stand in a Request-URI; the dial plan judges the rest (THREATS 22).</summary>
    private static bool IsTarget(string? target) => target?.Trim() is { Length: > 0 and <= LongestTarget } text && !text.Any(c => char.IsControl(c) || c is '<' or '>' or '"');
}

/// <summary>Runs commands to calls for who may give them, and notes them in the audit log.</summary>
internal sealed class CallCommands(GatewayHost host, SignIn signIn, ServerOptions options, AdministrationCore core)
{
    private const string Kind = "calls";

    public async Task<IResult> OriginateAsync(HttpContext context, Account from, string to)
    {
        var answer = await host.OriginateAsync(from, to).ConfigureAwait(false);
        if (answer.Status != ControlStatus.Done)
        {
            return Refused(answer);
        }

        await core.LogAsync(ObjectsApi.ActorOf(context), "originate", Kind, answer.Call.ToString(), $"{from.User} to {to}", context.RequestAborted).ConfigureAwait(false);
        return Results.Created($"/api/v1/calls/{answer.Call}", new CallReference(answer.Call));
    }

    public async Task<IResult> RunAsync(HttpContext context, Guid id, string action, string summary, Func<GatewayHost, Account?, Task<ControlAnswer>> command)
    {
        var account = signIn.AccountOf(context.User);
        if (!context.User.May(Access.Calls) && (account is null || await host.CallAsync(id).ConfigureAwait(false) is not { } call || !LiveApi.IsOf(account, options.Realm, call)))
        {
            // Whether a call of others exists is not told.
            return context.User.May(Access.Read) ? Problems.Forbidden("Your role sees calls and does not command them.") : Problems.Missing("There is no such call.");
        }

        var answer = await command(host, account).ConfigureAwait(false);
        if (answer.Status != ControlStatus.Done)
        {
            return Refused(answer);
        }

        await core.LogAsync(ObjectsApi.ActorOf(context), action, Kind, id.ToString(), summary, context.RequestAborted).ConfigureAwait(false);
        return Results.NoContent();
    }

    private static IResult Refused(ControlAnswer answer) => answer.Status switch
    {
        ControlStatus.NoCall => Problems.Missing("There is no such call, or it is over: see /api/v1/call-records."),
        ControlStatus.NotNow => Problems.Of(StatusCodes.Status409Conflict, "not-now", answer.Reason),
        _ => Results.Problem(answer.Reason, statusCode: StatusCodes.Status409Conflict, type: "urn:gateway:problem:call-refused", extensions: new Dictionary<string, object?> { ["sipStatus"] = answer.SipStatus }),
    };
}
