using System.Net;
using System.Text;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Server.FrontEnd;

/// <summary>
/// The servers behind a front end: where each is found, and whether it answers OPTIONS. One that does not is passed over for
/// new calls; its share, and no other, moves to the rest until it answers again.
/// </summary>
internal sealed class FrontHops : ITimerTarget, IClientTransactionOwner
{
    /// <summary>After so many unanswered questions a hop gets no new calls.</summary>
    private const int MostMissed = 2;

    private readonly LoopServices _services;
    private readonly Hop[] _hops;
    private readonly string[] _names;
    private readonly Func<int, bool> _takesCalls;
    private readonly Func<int, bool> _isKnown;

    public FrontHops(LoopServices services)
    {
        _services = services;
        _hops = [.. services.Options.FrontHops.Select(text => new Hop(SipUri.TryParse(Encoding.UTF8.GetBytes(text), out var uri)
            ? uri : throw new ArgumentException($"'{text}' is no SIP URI", nameof(services))))];
        _names = [.. _hops.Select(hop => hop.Uri.ToString())];
        _takesCalls = index => _hops[index].TakesCalls;
        _isKnown = index => _hops[index].Next is not null;
        OnTimer(0, services.Now());
    }

    public int Count => _hops.Length;

    /// <summary>The hop of a Call-ID; null when none is there to take it.</summary>
    public Hop? Of(ReadOnlySpan<byte> callId)
    {
        var index = Rendezvous.Pick(_names, callId, _takesCalls);
        // With all of them silent the guess is that it is our questions that are not heard.
        index = index >= 0 ? index : Rendezvous.Pick(_names, callId, _isKnown);
        return index < 0 ? null : _hops[index];
    }

    /// <summary>The hop that a URI names by host and port, as its Contact does in every request of its dialogs.</summary>
    public Hop? Named(in SipUriView uri)
    {
        var port = OwnAddresses.PortOf(uri);
        foreach (var hop in _hops)
        {
            if (hop.Next is { } next && next.Remote.Port == port && IPAddress.TryParse(Encoding.Latin1.GetString(uri.Host).Trim('[', ']'), out var address) && address.Equals(next.Remote.Address))
            {
                return hop;
            }
        }

        return null;
    }

    /// <summary>True for what comes from, or goes to, one of the hops.</summary>
    public bool IsHop(in Flow flow)
    {
        foreach (var hop in _hops)
        {
            if (hop.Next is not { } next || !SameAddress(next.Remote.Address, flow.Remote.Address))
            {
                continue;
            }

            // A hop that opens a connection does so from any port; on one machine with us the port is all that tells who it is.
            if (next.Remote.Port == flow.Remote.Port || (flow.Transport != SipTransport.Udp && !IPAddress.IsLoopback(flow.Remote.Address)))
            {
                return true;
            }
        }

        return false;
    }

    public Flow FlowTo(Hop hop) => _services.Connector?.Open(hop.Next!) ?? new Flow(hop.Next!.Transport, hop.Next.Remote, 0, 0);

    /// <summary>Asks every hop whether it is there, and the DNS again for those that are names.</summary>
    public void OnTimer(int kind, TimeSpan now)
    {
        foreach (var hop in _hops)
        {
            Locate(hop);
            if (hop.Question is { } open)
            {
                _services.Transactions.Abandon(open);
                Missed(hop, 1);
            }

            Ask(hop, now);
        }

        _services.Timers.Schedule(now + _services.Options.FrontPing, this, 0);
    }

    public void OnResponse(ClientTransaction transaction, SipResponse response, TimeSpan now)
    {
        if (response.StatusCode < 200 || _hops.FirstOrDefault(hop => hop.Question == transaction) is not { } hop)
        {
            return;
        }

        hop.Question = null;
        // RFC 3261 §21.5.4: it is there, but wants nothing new, as when it is about to stop.
        hop.Missed = response.StatusCode == 503 ? MostMissed : 0;
    }

    public void OnFailure(ClientTransaction transaction, TransactionFailure failure, TimeSpan now)
    {
        if (_hops.FirstOrDefault(hop => hop.Question == transaction) is { } hop)
        {
            hop.Question = null;
            Missed(hop, failure == TransactionFailure.Transport ? MostMissed : 1);
        }
    }

    private static void Missed(Hop hop, int times) => hop.Missed = Math.Min(MostMissed, hop.Missed + times);

    private void Locate(Hop hop)
    {
        var transport = hop.Uri.TryGetParameter("transport", out var named) && Enum.TryParse<SipTransport>(named, ignoreCase: true, out var known) ? known : (SipTransport?)null;
        var isSecure = hop.Uri.Scheme == SipScheme.Sips;
        if (IPAddress.TryParse(hop.Uri.Host, out var address))
        {
            var by = transport ?? (isSecure ? SipTransport.Tls : SipTransport.Udp);
            hop.Next ??= new NextHop(by, new IPEndPoint(address, hop.Uri.Port ?? (by == SipTransport.Tls ? 5061 : 5060)), hop.Uri.Host);
            return;
        }

        _services.NextHops?.Find(new NextHopQuery(hop.Uri.Host, hop.Uri.Port ?? 0, transport, isSecure), _services.Scheduler, found =>
        {
            // The one that is in use stays while the DNS still names it: shuffled answers must not move a call.
            if (found.Hops is [var first, ..] && !found.Hops.Any(next => hop.Next is { } used && next.Remote.Equals(used.Remote)))
            {
                hop.Next = first;
            }
        });
    }

    private void Ask(Hop hop, TimeSpan now)
    {
        if (hop.Next is null)
        {
            return;
        }

        var flow = FlowTo(hop);
        var branch = _services.Transactions.NewBranch();
        var writer = _services.Writer;
        var us = _services.Transport.SentBy(flow);
        writer.Request(SipMethod.Options, hop.Uri.ToString());
        SipRequests.WriteVia(writer, flow.Transport, us, branch);
        writer.Header(HeaderId.MaxForwards, 70);
        writer.Header(HeaderId.From, $"<sip:{us}>;tag={_services.Transactions.NewTag()}");
        writer.Header(HeaderId.To, $"<{hop.Uri}>");
        writer.Header(HeaderId.CallId, $"{_services.Transactions.NewTag()}@front");
        writer.CSeq(1, SipMethod.Options);
        writer.NoBody();
        hop.Question = _services.Transactions.Send(SipMethod.Options, branch, writer.Written, flow, this, now);
    }

    private static bool SameAddress(IPAddress a, IPAddress b) => (a.IsIPv4MappedToIPv6 ? a.MapToIPv4() : a).Equals(b.IsIPv4MappedToIPv6 ? b.MapToIPv4() : b);

    /// <summary>One server behind us.</summary>
    internal sealed class Hop(SipUri uri)
    {
        public SipUri Uri { get; } = uri;

        /// <summary>Null until the DNS has said where it is.</summary>
        public NextHop? Next { get; set; }

        public int Missed { get; set; }

        public ClientTransaction? Question { get; set; }

        public bool TakesCalls => Next is not null && Missed < MostMissed;
    }
}
