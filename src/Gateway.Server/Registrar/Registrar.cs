using System.Text;
using Gateway.Server.Accounts;
using Gateway.Server.Dispatch;
using Gateway.Server.Observability;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Server.Registrar;

/// <summary>
/// The registrar of one loop (RFC 3261 §10.3, RFC 5626, RFC 3327): it changes the binding table and answers. What is new is
/// answered after the store has it; requests of one AOR are taken one after the other.
/// </summary>
internal sealed class Registrar(LoopServices services, Action<Flow, Flow, TimeSpan> flowMoved) : IBindingTimers
{
    private const int ExpiryTimer = 0;
    private const int GraceTimer = 1;

    /// <summary>REGISTERs of one AOR that may wait while the store commits another.</summary>
    private const int MostWaiting = 64;

    private const uint RetryAfterSeconds = 5;

    /// <summary>A commit is over long before this.</summary>
    private static readonly TimeSpan s_afterCommit = TimeSpan.FromSeconds(1);

    private const int LongestUserAgent = 256;

    private readonly record struct Waiting(ServerTransaction Transaction, SipRequest Request, Account Account);

    /// <summary>AORs whose commit is under way.</summary>
    private readonly Dictionary<string, Queue<Waiting>> _busy = new(StringComparer.OrdinalIgnoreCase);

    private readonly RegisterAnswers _answers = new(services);
    private readonly RegisterPath _path = new(services);
    private readonly SharedText _userAgents = new();

    private BindingTable Table => services.Bindings;

    /// <summary>Takes over what the store knew before a restart. A UDP phone is reachable at once; a browser's flow is dead until it comes back.</summary>
    public void Restore(IEnumerable<Binding> bindings, TimeSpan now)
    {
        var utcNow = services.UtcNow();
        var before = Table.Count;
        foreach (var binding in bindings)
        {
            var left = binding.ExpiresAt - utcNow;
            if (left <= TimeSpan.Zero)
            {
                continue;
            }

            var entry = Put(binding, now + left);
            if (binding.Flow.Connection != 0 && !TryReach(entry, now))
            {
                entry.Grace = services.Timers.Schedule(now + services.Options.RestoreGrace, entry, GraceTimer);
            }
            else if (binding.Flow.Connection == 0 && binding.Path.Count == 0 && TryGetAccount(binding.Aor, out var account))
            {
                services.Flows.Trust(binding.Flow, account, now + left);
            }
        }

        ServerLog.Restored(services.Logger, Table.Count - before);
    }

    /// <param name="account">Authenticated, and the owner of the AOR in To.</param>
    public void OnRegister(ServerTransaction transaction, SipRequest request, Account account, TimeSpan now)
    {
        var aor = AorOf(account);
        if (_busy.TryGetValue(aor, out var waiting))
        {
            if (waiting.Count >= MostWaiting)
            {
                Refuse(transaction, request, new RegisterFault(503, "Too Many Registrations At Once"), now);
            }
            else
            {
                waiting.Enqueue(new Waiting(transaction, request.Retain(), account));
            }

            return;
        }

        Decide(transaction, request, account, aor, now);
    }

    /// <summary>
    /// A connection closed. The binding of a phone that can be reached by a new one stays (RFC 3261 §18.1.1); others stay for the
    /// grace time, so that a browser that reconnects misses nothing.
    /// </summary>
    public void FlowClosed(in Flow flow, TimeSpan now)
    {
        foreach (var entry in Table.OnConnection(flow.Connection))
        {
            if (TryReach(entry, now))
            {
                continue;
            }

            services.Timers.Cancel(entry.Grace);
            entry.Grace = services.Timers.Schedule(now + services.Options.FlowGrace, entry, GraceTimer);
        }
    }

    /// <summary>Gives the binding another way to its phone. False when only the phone can open one: a device that said so (RFC 5626), a NAT.</summary>
    private bool TryReach(BindingEntry entry, TimeSpan now)
    {
        var binding = entry.Binding;
        var old = binding.Flow;
        if (binding.RegId != 0 || binding.Contact.HasParameter("ob") || binding.Path.Count > 0
            || WayBack.To(services, old, binding.Contact, null) is not { } way)
        {
            return false;
        }

        var moved = Put(binding with { Flow = way }, entry.Due);
        services.BindingStore.AppendBehind(new BindingChange(BindingChangeKind.Upsert, moved.Binding));
        flowMoved(old, way, now);
        return true;
    }

    /// <summary>Takes every binding of an account out, when an administrator removes or disables it.</summary>
    public void RemoveAll(string aor)
    {
        foreach (var entry in Table.Entries(aor).ToArray())
        {
            Drop(entry, BindingEvent.Deactivated);
        }
    }

    public void OnBindingTimer(BindingEntry entry, int kind, TimeSpan now)
    {
        if (_busy.ContainsKey(entry.Binding.Aor))
        {
            // The store may be writing this very binding anew; a removal behind it would undo that.
            var again = services.Timers.Schedule(now + s_afterCommit, entry, kind);
            (entry.Expiry, entry.Grace) = kind == ExpiryTimer ? (again, entry.Grace) : (entry.Expiry, again);
            return;
        }

        services.Metrics.Registration(kind == ExpiryTimer ? "expired" : "flow_lost");
        Drop(entry, kind == ExpiryTimer ? BindingEvent.Expired : BindingEvent.Deactivated);
    }

    private void Decide(ServerTransaction transaction, SipRequest request, Account account, string aor, TimeSpan now)
    {
        if (RegisterContacts.Read(request, services, transaction.Flow, out var fault) is not { } contacts)
        {
            Refuse(transaction, request, fault, now);
            return;
        }

        if (request.TryGetUri(out var domain) && domain.Scheme == SipScheme.Sips && !transaction.Flow.IsSecure)
        {
            Refuse(transaction, request, new RegisterFault(400, "sips Needs TLS"), now);
            return;
        }

        if (IsOfAnotherDomain(request, account))
        {
            // §10.3 step 5.
            Refuse(transaction, request, new RegisterFault(404, "Not A User Of That Domain"), now);
            return;
        }

        var utcNow = services.UtcNow();
        if (Template(request, transaction.Flow, account, aor, utcNow, out fault) is not { } template
            || RegisterPlan.Make(contacts, Table.Entries(aor), template, services.Options, now, utcNow, out fault) is not { } plan)
        {
            Refuse(transaction, request, fault, now);
            return;
        }

        // The answer is written now, while the request is here, and sent when the store has what it says.
        _answers.WriteOk(transaction, request, account, contacts, plan, aor, now, utcNow);
        if (plan.IsRefresh)
        {
            services.Transactions.Respond(transaction, services.Writer.Written, now);
            foreach (var step in plan.Steps)
            {
                services.BindingStore.AppendBehind(new BindingChange(BindingChangeKind.Upsert, step.Binding!));
            }

            Apply(plan, account, transaction.Flow, RegisterPath.IsDirect(request), now);
            services.Metrics.Registration(plan.Steps.Count == 0 ? "queried" : "refreshed");
            return;
        }

        Commit(transaction, request, account, aor, plan, services.Writer.ToArray());
    }

    private void Commit(ServerTransaction transaction, SipRequest request, Account account, string aor, RegisterPlan plan, byte[] answer)
    {
        var refusal = _answers.NotStored(transaction, request, RetryAfterSeconds);
        _busy[aor] = new Queue<Waiting>();
        var changes = plan.Steps.Select(static step => step.Binding is { } binding
            ? new BindingChange(BindingChangeKind.Upsert, binding)
            : new BindingChange(BindingChangeKind.Remove, step.Old!.Binding)).ToArray();
        var flow = transaction.Flow;
        var isDirect = RegisterPath.IsDirect(request);
        services.BindingStore.Append(changes, services.Scheduler, ok =>
        {
            var now = services.Now();
            try
            {
                // Before the answer: a caller who has heard of it may be on another loop, which reads what is published here.
                Committed(plan, account, aor, flow, isDirect, ok, now);
            }
            finally
            {
                services.Transactions.Respond(transaction, ok ? answer : refusal, now);
                // Whatever went wrong with this one, the next of the AOR must not wait for ever.
                TakeNext(aor, now);
            }
        });
    }

    private void Committed(RegisterPlan plan, Account account, string aor, in Flow flow, bool isDirect, bool ok, TimeSpan now)
    {
        services.Metrics.Registration(ok ? "changed" : "store_refused");
        if (!ok)
        {
            ServerLog.RegistrationRefused(services.Logger, Pii.Of(aor));
            return;
        }

        Apply(plan, account, flow, isDirect, now);
        services.Events.RegistrationChanged(aor);
        ServerLog.RegistrationChanged(services.Logger, Pii.Of(aor), Table.Entries(aor).Count);
    }

    private void TakeNext(string aor, TimeSpan now)
    {
        _busy.Remove(aor, out var waiting);
        while (waiting is not null && waiting.TryDequeue(out var next))
        {
            Decide(next.Transaction, next.Request, next.Account, aor, now);
            if (_busy.TryGetValue(aor, out var again))
            {
                foreach (var rest in waiting)
                {
                    again.Enqueue(rest);
                }

                return;
            }
        }
    }

    /// <param name="isDirect">The device itself is at the other end of the flow: what comes from there is its own.</param>
    private void Apply(RegisterPlan plan, Account account, in Flow flow, bool isDirect, TimeSpan now)
    {
        foreach (var step in plan.Steps)
        {
            if (step.Binding is not { } binding)
            {
                TakeOut(step.Old!);
                continue;
            }

            var before = step.Old?.Binding.Flow;
            var entry = Put(binding, step.Due);
            if (!services.IsOpen(binding.Flow))
            {
                // The connection closed while the store was writing; its end was told before there was a binding to end.
                entry.Grace = services.Timers.Schedule(now + services.Options.FlowGrace, entry, GraceTimer);
            }

            if (before is { } old && !IsSameFlow(old, binding.Flow))
            {
                if (old.Connection == 0)
                {
                    services.Flows.Forget(old, account.Id);
                }

                flowMoved(old, binding.Flow, now);
            }
        }

        var until = TimeSpan.Zero;
        foreach (var entry in Table.Entries(AorOf(account)))
        {
            until = IsSameFlow(entry.Binding.Flow, flow) && entry.Due > until ? entry.Due : until;
        }

        if (until > now && services.IsOpen(flow) && isDirect)
        {
            services.Flows.Trust(flow, account, until);
        }

        Table.Tell(AorOf(account), [.. plan.Steps.Select(static step => step.News)]);
    }

    private BindingEntry Put(Binding binding, TimeSpan due)
    {
        var before = Table.Count;
        var entry = Table.Put(binding, this, due);
        services.Metrics.Bindings(Table.Count - before);
        services.Timers.Cancel(entry.Expiry);
        services.Timers.Cancel(entry.Grace);
        entry.Grace = default;
        entry.Expiry = services.Timers.Schedule(due, entry, ExpiryTimer);
        return entry;
    }

    /// <summary>Takes a binding out that no REGISTER ended: the store hears of it later.</summary>
    private void Drop(BindingEntry entry, BindingEvent why)
    {
        if (TakeOut(entry))
        {
            services.BindingStore.AppendBehind(new BindingChange(BindingChangeKind.Remove, entry.Binding));
            services.Events.RegistrationChanged(entry.Binding.Aor);
            Table.Tell(entry.Binding.Aor, new BindingNews(why, entry.Binding));
        }
    }

    private bool TakeOut(BindingEntry entry)
    {
        services.Timers.Cancel(entry.Expiry);
        services.Timers.Cancel(entry.Grace);
        if (!Table.Remove(entry))
        {
            return false;
        }

        services.Metrics.Bindings(-1);
        var binding = entry.Binding;
        if (binding.Flow.Connection == 0 && !Table.Entries(binding.Aor).Any(other => IsSameFlow(other.Binding.Flow, binding.Flow)))
        {
            if (TryGetAccount(binding.Aor, out var account))
            {
                services.Flows.Forget(binding.Flow, account.Id);
            }
            else
            {
                services.Flows.Closed(binding.Flow);
            }
        }

        return true;
    }

    /// <summary>All that the bindings of one REGISTER have in common; null when the Path is out of bounds.</summary>
    private Binding? Template(SipRequest request, in Flow flow, Account account, string aor, DateTimeOffset utcNow, out RegisterFault fault)
    {
        if (_path.Read(request, flow, out fault) is not { } path)
        {
            return null;
        }

        return new Binding
        {
            Id = default,
            DomainId = account.DomainId,
            NodeId = services.Options.NodeId,
            Aor = aor,
            Contact = s_none,
            CallId = Encoding.UTF8.GetString(request.CallId),
            CSeq = request.CSeq,
            Flow = flow,
            ExpiresAt = utcNow,
            UserAgent = request.TryGet(HeaderId.UserAgent, out var agent)
                ? _userAgents.Get(Encoding.UTF8.GetString(agent[..Math.Min(agent.Length, LongestUserAgent)]))
                : "",
            Path = path,
        };
    }

    private static readonly SipUri s_none = new(SipScheme.Sip, null, "invalid");

    private void Refuse(ServerTransaction transaction, SipRequest request, RegisterFault fault, TimeSpan now)
    {
        _answers.WriteRefusal(transaction, request, fault);
        services.Transactions.Respond(transaction, services.Writer.Written, now);
    }

    /// <summary>An address of ours serves all domains; the name of one serves its own.</summary>
    private bool IsOfAnotherDomain(SipRequest request, Account account) =>
        request.TryGetUri(out var uri)
        && (services.Accounts.DomainOf(uri.Host) is { Length: > 0 } domain
            ? !domain.Equals(account.Domain, StringComparison.OrdinalIgnoreCase)
            : account.Domain.Length > 0 && Ascii.EqualsIgnoreCase(uri.Host, services.Options.Realm));

    private string AorOf(Account account) => account.AorIn(services.Options.Realm);

    private bool TryGetAccount(string aor, out Account account) =>
        services.Accounts.TryGetAor(aor, out account!);

    private static bool IsSameFlow(in Flow a, in Flow b) =>
        a.Transport == b.Transport && (a.Connection != 0 || b.Connection != 0
            ? a.Connection == b.Connection
            : a.Listener == b.Listener && a.Remote.Equals(b.Remote));
}
