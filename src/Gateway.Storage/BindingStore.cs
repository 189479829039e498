using System.Data.Common;
using Dapper;
using Gateway.Server.Ports;
using Gateway.Server.Registrar;
using Gateway.Sip;
using Gateway.Storage.Writing;
using Microsoft.Extensions.Logging;

namespace Gateway.Storage;

/// <summary>The journal of the binding tables: what a restarted gateway still knows of the phones that registered.</summary>
internal sealed class BindingStore(SqlEngine engine, SqlWriter writer, TimeProvider time, ILogger logger) : IBindingStore
{
    private const string Upsert = """
        insert into bindings (domain_id, id, node_id, aor, contact, contact_parameters, instance, reg_id, q, call_id, cseq,
            transport, remote, listener, connection, expires_at, user_agent, path)
        values (@DomainId, @Id, @NodeId, @Aor, @Contact, @ContactParameters, @Instance, @RegId, @Q, @CallId, @CSeq,
            @Transport, @Remote, @Listener, @Connection, @ExpiresAt, @UserAgent, @Path)
        on conflict (domain_id, id) do update set node_id = excluded.node_id, contact = excluded.contact,
            contact_parameters = excluded.contact_parameters, instance = excluded.instance, reg_id = excluded.reg_id,
            q = excluded.q, call_id = excluded.call_id, cseq = excluded.cseq, transport = excluded.transport,
            remote = excluded.remote, listener = excluded.listener, connection = excluded.connection,
            expires_at = excluded.expires_at, user_agent = excluded.user_agent, path = excluded.path
        """;

    private sealed class Row
    {
        public string DomainId { get; set; } = "";
        public string Id { get; set; } = "";
        public string NodeId { get; set; } = "";
        public string Aor { get; set; } = "";
        public string Contact { get; set; } = "";
        public string ContactParameters { get; set; } = "";
        public string? Instance { get; set; }
        public long RegId { get; set; }
        public double Q { get; set; }
        public string CallId { get; set; } = "";
        public long CSeq { get; set; }
        public string Transport { get; set; } = "";
        public string Remote { get; set; } = "";
        public long Listener { get; set; }
        public long Connection { get; set; }
        public long ExpiresAt { get; set; }
        public string UserAgent { get; set; } = "";
        public string Path { get; set; } = "";
    }

    public async Task<IReadOnlyList<Binding>> LoadAsync(CancellationToken cancel)
    {
        var now = Columns.Time(time.GetUtcNow());
        var expired = await writer.RunAsync((connection, transaction) =>
            connection.Execute("delete from bindings where expires_at <= @now", new { now }, transaction), cancel).ConfigureAwait(false);

        return await Task.Run<IReadOnlyList<Binding>>(() =>
        {
            using var connection = engine.OpenReader();
            var shared = new SharedText();
            var bindings = connection.Query<Row>("""
                select domain_id as DomainId, id as Id, node_id as NodeId, aor as Aor, contact as Contact,
                    contact_parameters as ContactParameters, instance as Instance, reg_id as RegId, q as Q, call_id as CallId,
                    cseq as CSeq, transport as Transport, remote as Remote, listener as Listener, connection as Connection,
                    expires_at as ExpiresAt, user_agent as UserAgent, path as Path
                from bindings order by id
                """).Select(row => ToBinding(row, shared)).OfType<Binding>().ToList();
            StorageLog.BindingsLoaded(logger, bindings.Count, expired);
            return bindings;
        }, cancel).ConfigureAwait(false);
    }

    public void Append(IReadOnlyList<BindingChange> changes, ILoopScheduler loop, Action<bool> done) =>
        writer.Post(new SqlWork((connection, transaction) => Apply(changes, connection, transaction),
            ok => loop.Post(() => done(ok)), Awaited: true, OnRefusal.Report));

    public void AppendBehind(BindingChange change) =>
        writer.Post(new SqlWork((connection, transaction) => Apply([change], connection, transaction),
            Done: null, Awaited: false, OnRefusal.Keep));

    private static void Apply(IReadOnlyList<BindingChange> changes, DbConnection connection, DbTransaction transaction)
    {
        foreach (var change in changes)
        {
            if (change.Kind == BindingChangeKind.Upsert)
            {
                connection.Execute(Upsert, ToRow(change.Binding), transaction);
            }
            else
            {
                connection.Execute("delete from bindings where domain_id = @domain and id = @id",
                    new { domain = Columns.Id(change.Binding.DomainId), id = Columns.Id(change.Binding.Id) }, transaction);
            }
        }
    }

    private static Row ToRow(Binding binding) => new()
    {
        DomainId = Columns.Id(binding.DomainId),
        Id = Columns.Id(binding.Id),
        NodeId = binding.NodeId,
        Aor = binding.Aor,
        Contact = binding.Contact.ToString(),
        ContactParameters = binding.ContactParameters,
        Instance = binding.Instance,
        RegId = binding.RegId,
        Q = binding.Q,
        CallId = binding.CallId,
        CSeq = binding.CSeq,
        Transport = Columns.Transport(binding.Flow.Transport),
        Remote = Columns.EndPoint(binding.Flow.Remote),
        Listener = binding.Flow.Listener,
        Connection = binding.Flow.Connection,
        ExpiresAt = Columns.Time(binding.ExpiresAt),
        UserAgent = binding.UserAgent,
        Path = Columns.List(binding.Path),
    };

    /// <summary>Null for a row whose contact this version cannot read: one bad row must not stop the start.</summary>
    private static Binding? ToBinding(Row row, SharedText shared) => !SipUri.TryParse(row.Contact, out var contact) ? null : new Binding
    {
        DomainId = Columns.Id(row.DomainId),
        Id = Columns.Id(row.Id),
        NodeId = shared.Get(row.NodeId),
        Aor = row.Aor,
        Contact = contact,
        ContactParameters = row.ContactParameters,
        Instance = row.Instance,
        RegId = (int)row.RegId,
        Q = row.Q,
        CallId = row.CallId,
        CSeq = (uint)row.CSeq,
        Flow = new Flow(Columns.Transport(row.Transport), Columns.EndPoint(row.Remote), (int)row.Listener, row.Connection),
        ExpiresAt = Columns.Time(row.ExpiresAt),
        UserAgent = shared.Get(row.UserAgent),
        Path = row.Path == "[]" ? [] : Columns.List(row.Path),
    };
}
