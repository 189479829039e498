using System.Net;
using System.Security.Cryptography;
using Gateway.Net.Dns;
using Gateway.Net.Media;
using Gateway.Net.Sip.Streams;
using Gateway.Net.Tracing;
using Gateway.Server;
using Gateway.Server.Accounts;
using Gateway.Server.Calls;
using Gateway.Server.Configuration;
using Gateway.Server.Dispatch;
using Gateway.Server.Observability;
using Gateway.Server.Ports;
using Gateway.Server.Registrar;
using Gateway.Server.Routing;
using Gateway.Server.Trunks;
using Gateway.Server.Widgets;
using Gateway.Sip;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Net.Sip;

/// <summary>What pages and programs ask of the loops, from any thread.</summary>
public sealed partial class GatewayHost
{
    public async Task<IReadOnlyList<CallSnapshot>> CallsAsync() => await FromAllAsync(core => core.Calls.Snapshot()).ConfigureAwait(false);

    /// <summary>One live call with fresh figures of its media, or null when there is none of this id.</summary>
    public async Task<CallSnapshot?> CallAsync(Guid id)
    {
        var parts = await Task.WhenAll(_loops.Select(loop => loop.AskAsync<CallSnapshot>((core, done) => core.Calls.Describe(id, done, _clock.Now)))).ConfigureAwait(false);
        return Array.Find(parts, part => part is not null);
    }

    /// <summary>Ends a call, ringing or answered; <paramref name="reason"/> is what the phones may show.</summary>
    public Task<ControlAnswer> HangUpAsync(Guid call, string reason) => CommandAsync(core => core.Calls.HangUp(call, reason, _clock.Now));

    /// <summary>Holds an answered call on one side's behalf, or takes it off hold.</summary>
    public Task<ControlAnswer> HoldAsync(Guid call, CallSide side, bool hold) => CommandAsync(core => core.Calls.Hold(call, side, hold, _clock.Now));

    /// <summary>Hands the side that is not <paramref name="by"/> on to a target, with the rights of <paramref name="rights"/> or else of <paramref name="by"/>.</summary>
    public Task<ControlAnswer> TransferAsync(Guid call, CallSide by, string target, Account? rights = null) =>
        CommandAsync(core => core.Calls.Transfer(call, by, target, rights, _clock.Now));

    /// <summary>Click-to-dial: rings the account's phones, then calls the target for it. The answer names the call.</summary>
    public Task<ControlAnswer> OriginateAsync(Account account, string target)
    {
        ArgumentNullException.ThrowIfNull(account);
        return _loops[_map.LoopOfAor(account.User)].InvokeAsync(core => core.Calls.Originate(account, target, _clock.Now));
    }

    public async Task<IReadOnlyList<Binding>> BindingsAsync() => await FromAllAsync<Binding>(core => [.. core.Bindings.All]).ConfigureAwait(false);

    public async Task<int> BindingCountAsync() => (await FromAllAsync<int>(core => [core.Bindings.Count]).ConfigureAwait(false)).Sum();

    /// <summary>The bindings of one AOR, from the loop that owns it.</summary>
    public Task<IReadOnlyList<Binding>> BindingsOfAsync(string aor) => _loops[_map.LoopOfAor(aor)].InvokeAsync(core => core.Bindings.Get(aor));

    /// <summary>Tries a trunk, saved or not: DNS, the way there, OPTIONS, registration. Ends within half a minute.</summary>
    /// <exception cref="ObjectDisposedException">The gateway has stopped.</exception>
    public Task<TrunkTestResult> TestTrunkAsync(Trunk trunk)
    {
        ArgumentNullException.ThrowIfNull(trunk);
        var answer = new TaskCompletionSource<TrunkTestResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var loop = _loops[_map.LoopOfId(trunk.Id)];
        var posted = loop.Post(() =>
        {
            try
            {
                loop.Core!.Trunks.Test(trunk, result => answer.TrySetResult(result), _clock.Now);
            }
            catch (Exception e)
            {
                answer.TrySetException(e);
            }
        });
        return posted ? answer.Task : Task.FromException<TrunkTestResult>(new ObjectDisposedException(nameof(GatewayHost)));
    }

    /// <summary>Where a number would go for a caller, and why; location sources are asked as for a call, and nothing is called.</summary>
    public async Task<DryRunAnswer> DryRunAsync(DryRunQuestion question) =>
        (await _loops[0].AskAsync<DryRunAnswer>((core, done) => core.DryRun(question, done)).ConfigureAwait(false))!;

    /// <summary>Takes an account's bindings out: it was removed or disabled, or its password changed.</summary>
    public async Task RemoveBindingsAsync(string aor)
    {
        await _loops[_map.LoopOfAor(aor)].InvokeAsync(core =>
        {
            core.RemoveBindings(aor);
            return true;
        }).ConfigureAwait(false);
        // What it watches may be on any loop.
        await FromAllAsync<bool>(core =>
        {
            core.Subscriptions.EndOf(aor, _clock.Now);
            return [];
        }).ConfigureAwait(false);
    }

    /// <summary>Asks every loop; the one that has the call answers for all.</summary>
    private async Task<ControlAnswer> CommandAsync(Func<GatewayCore, ControlAnswer> command)
    {
        var answers = await Task.WhenAll(_loops.Select(loop => loop.InvokeAsync(command))).ConfigureAwait(false);
        return Array.Find(answers, answer => answer.Status != ControlStatus.NoCall) is { Call: var call } found && call != Guid.Empty ? found : answers[0];
    }

    private async Task<IReadOnlyList<T>> FromAllAsync<T>(Func<GatewayCore, IReadOnlyList<T>> question)
    {
        var parts = await Task.WhenAll(_loops.Select(loop => loop.InvokeAsync(question))).ConfigureAwait(false);
        return parts.Length == 1 ? parts[0] : [.. parts.SelectMany(part => part)];
    }
}
