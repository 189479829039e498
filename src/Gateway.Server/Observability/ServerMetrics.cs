using System.Diagnostics.Metrics;
using Gateway.Server.Trunks;
using Gateway.Sip;

namespace Gateway.Server.Observability;

/// <summary>Counters of registrar, dispatcher and calls (meter Gateway.Server). Thread-safe; one for all loops; tags are bounded.</summary>
public sealed class ServerMetrics : IDisposable
{
    private readonly Meter _meter = new("Gateway.Server");
    private readonly Counter<long> _requests;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _authentications;
    private readonly Counter<long> _registrations;
    private readonly UpDownCounter<long> _bindings;
    private readonly UpDownCounter<long> _subscriptions;
    private readonly UpDownCounter<long> _calls;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _transfers;
    private readonly Counter<long> _notRouted;
    private readonly Histogram<double> _talked;
    private readonly Counter<long> _descriptions;
    private readonly Counter<long> _trunkRegistrations;
    private readonly Counter<long> _trunkProbes;

    public ServerMetrics()
    {
        _requests = _meter.CreateCounter<long>("gateway.sip.requests", "{request}", "New requests, by sip.method.");
        _refused = _meter.CreateCounter<long>("gateway.sip.refused", "{request}", "Requests that the dispatcher refused, by error.type.");
        _authentications = _meter.CreateCounter<long>("gateway.auth.attempts", "{attempt}", "Verdicts of the guard, by result.");
        _registrations = _meter.CreateCounter<long>("gateway.registrar.registrations", "{request}", "REGISTER requests that were decided, by result.");
        _bindings = _meter.CreateUpDownCounter<long>("gateway.registrar.bindings", "{binding}", "Bindings in the tables of all loops.");
        _subscriptions = _meter.CreateUpDownCounter<long>("gateway.event.subscriptions", "{subscription}", "Event subscriptions that are notified, by sip.event.");
        _calls = _meter.CreateUpDownCounter<long>("gateway.call.active", "{call}", "Calls that are not over, ringing ones included.");
        _transfers = _meter.CreateCounter<long>("gateway.call.transfers", "{transfer}", "Transfers that were accepted and are over, by result.");
        _ended = _meter.CreateCounter<long>("gateway.call.ended", "{call}", "Calls that ended, by end.reason.");
        _descriptions = _meter.CreateCounter<long>("gateway.sdp.refused", "{description}", "Offers and answers that were refused, by error.type.");
        _notRouted = _meter.CreateCounter<long>("gateway.call.refused", "{call}", "Calls that the dial plan, rights or caps refused, by error.type.");
        _trunkRegistrations = _meter.CreateCounter<long>("gateway.trunk.registrations", "{registration}", "Registrations of ours at trunks that were settled, by result.");
        _trunkProbes = _meter.CreateCounter<long>("gateway.trunk.probes", "{round}", "Rounds of OPTIONS toward trunks, by result.");
        Proxy = new ProxyMetrics(_meter);
        _talked = _meter.CreateHistogram<double>("gateway.call.duration", "s", "From answer to end, of answered calls.");
    }

    public Meter Meter => _meter;

    public ProxyMetrics Proxy { get; }

    public void Request(SipMethod method) => _requests.Add(1, new KeyValuePair<string, object?>("sip.method", NameOf(method)));

    /// <param name="label">From a closed set of ours.</param>
    public void Refused(string label) => _refused.Add(1, new KeyValuePair<string, object?>("error.type", label));

    public void CallTransferred(bool completed) => _transfers.Add(1, new KeyValuePair<string, object?>("result", completed ? "completed" : "failed"));

    /// <param name="label">Of the plan's refusal.</param>
    public void CallRefused(string label) => _notRouted.Add(1, new KeyValuePair<string, object?>("error.type", label));

    /// <param name="label">Of the negotiation's failure.</param>
    public void DescriptionRefused(string label) => _descriptions.Add(1, new KeyValuePair<string, object?>("error.type", label));

    public void Authentication(string result) => _authentications.Add(1, new KeyValuePair<string, object?>("result", result));

    public void Registration(string result) => _registrations.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <param name="result">granted, failed or ended.</param>
    public void TrunkRegistration(string result) => _trunkRegistrations.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <param name="result">answered or failed.</param>
    public void TrunkProbe(string result) => _trunkProbes.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <summary>How many trunks are up and down, asked of the board whenever somebody reads the figures.</summary>
    public void Observe(TrunkBoard board) => _meter.CreateObservableUpDownCounter("gateway.trunk.count", () => board.CountStates()
        .Select(one => new Measurement<long>(one.Count, new KeyValuePair<string, object?>("state", NameOf(one.State)))), "{trunk}", "Trunks, by state.");

    /// <param name="package">One that is served: a closed set.</param>
    public void Subscriptions(string package, int change) => _subscriptions.Add(change, new KeyValuePair<string, object?>("sip.event", package));

    public void Bindings(int change) => _bindings.Add(change);

    public void CallStarted() => _calls.Add(1);

    /// <param name="reason">The end reason of its record: a closed set.</param>
    /// <param name="talked">Null when nobody answered.</param>
    public void CallEnded(string reason, TimeSpan? talked)
    {
        _calls.Add(-1);
        _ended.Add(1, new KeyValuePair<string, object?>("end.reason", reason));
        if (talked is { } duration)
        {
            _talked.Record(duration.TotalSeconds);
        }
    }

    public void Dispose() => _meter.Dispose();

    private static string NameOf(TrunkState state) => state switch
    {
        TrunkState.Up => "up",
        TrunkState.Down => "down",
        _ => "unknown",
    };

    internal static string NameOf(SipMethod method) => method switch
    {
        SipMethod.Invite => "INVITE",
        SipMethod.Ack => "ACK",
        SipMethod.Bye => "BYE",
        SipMethod.Cancel => "CANCEL",
        SipMethod.Register => "REGISTER",
        SipMethod.Options => "OPTIONS",
        SipMethod.Info => "INFO",
        SipMethod.Prack => "PRACK",
        SipMethod.Update => "UPDATE",
        SipMethod.Message => "MESSAGE",
        SipMethod.Subscribe => "SUBSCRIBE",
        SipMethod.Notify => "NOTIFY",
        SipMethod.Publish => "PUBLISH",
        SipMethod.Refer => "REFER",
        _ => "_OTHER",
    };
}
