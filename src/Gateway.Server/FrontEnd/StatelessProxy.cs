using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Server.FrontEnd;

/// <summary>
/// A stateless proxy (RFC 3261 §16.11) before servers that keep the state: each message is forwarded by what stands in it, so
/// that a repeat goes the way of the first, over a restart too. Calls are spread over the servers by their Call-ID.
/// </summary>
/// <remarks>
/// What comes from outside goes to one of the servers, wherever its Route or Request-URI point, and what comes from a server goes
/// where those say: nobody outside reaches anybody outside through us (THREATS 29).
/// </remarks>
internal sealed class StatelessProxy
{
    private const int SipPort = 5060;

    /// <summary>Our parameter in Via: the flow that the answer takes back.</summary>
    private const string Back = "fl";

    private readonly LoopServices _services;
    private readonly FrontHops _hops;
    private readonly uint _run;

    public StatelessProxy(LoopServices services)
    {
        _services = services;
        // New at each start, and the same for all loops.
        _run = BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(services.NonceKey));
        _hops = new FrontHops(services);
    }

    public void Receive(SipMessage message, in Flow flow, TimeSpan now)
    {
        if (message is SipResponse response)
        {
            OnResponse(response, flow, now);
        }
        else if (message is SipRequest request)
        {
            _services.Metrics.Request(request.Method);
            OnRequest(request, flow, now);
        }
    }

    private void OnRequest(SipRequest request, in Flow flow, TimeSpan now)
    {
        var route = ReceivedRoute.Read(request, _services.Own);
        if (IsQuestionForUs(request, route))
        {
            Answer(request, flow, 200, "here");
        }
        else if (!SipUri.TryParse(Encoding.UTF8.GetBytes(route.RequestUri), out var target))
        {
            Answer(request, flow, 416, "scheme");
        }
        else if (request.TryGetNumber(HeaderId.MaxForwards, out var left) && left == 0)
        {
            // §16.3 step 3.
            Answer(request, flow, 483, "max_forwards");
        }
        else if (request.Has(HeaderId.ProxyRequire))
        {
            Answer(request, flow, 420, "proxy_require");
        }
        else if (!_hops.IsHop(flow))
        {
            Inward(request, route, flow, now);
        }
        else
        {
            Outward(request, route, target, flow, now);
        }
    }

    /// <summary>To the server of its dialog, else to that of its Call-ID.</summary>
    private void Inward(SipRequest request, ReceivedRoute route, in Flow flow, TimeSpan now)
    {
        var outgoing = route.Toward();
        var hop = (SipUriView.TryParse(Encoding.UTF8.GetBytes(outgoing.NextHop), out var next) ? _hops.Named(next) : null) ?? _hops.Of(request.CallId);
        if (hop is null)
        {
            Answer(request, flow, 503, "no_server");
            return;
        }

        Forward(request, outgoing, flow, _hops.FlowTo(hop), outside: flow, isInward: true);
    }

    private void Outward(SipRequest request, ReceivedRoute route, SipUri target, in Flow flow, TimeSpan now)
    {
        var outgoing = route.Toward();
        foreach (var own in route.Own)
        {
            if (SipUri.TryParse(Encoding.UTF8.GetBytes(own), out var uri) && uri.User is { } token && FlowToken.TryRead(Encoding.UTF8.GetBytes(token), _run, out var back)
                && _services.IsOpen(back))
            {
                Forward(request, outgoing, flow, back, outside: back, isInward: false);
                return;
            }
        }

        if (!SipUri.TryParse(Encoding.UTF8.GetBytes(outgoing.NextHop), out var next) || next.Scheme == SipScheme.Tel)
        {
            Answer(request, flow, 416, "scheme");
            return;
        }

        if (SipUriView.TryParse(Encoding.UTF8.GetBytes(outgoing.NextHop), out var view) && _services.Own.Owns(view))
        {
            // A server calls a user by our name: that is for the servers to find.
            Inward(request, route, flow, now);
            return;
        }

        Find(request, outgoing, next, target.Scheme == SipScheme.Sips, flow);
    }

    /// <summary>§16.6 step 7: to an address at once, to a name when the DNS has answered.</summary>
    private void Find(SipRequest request, OutgoingRoute outgoing, SipUri next, bool isSecure, in Flow flow)
    {
        var transport = next.TryGetParameter("transport", out var named) && Enum.TryParse<SipTransport>(named, ignoreCase: true, out var known) ? known : (SipTransport?)null;
        isSecure |= next.Scheme == SipScheme.Sips;
        var host = next.TryGetParameter("maddr", out var maddr) ? maddr : next.Host;
        if (IPAddress.TryParse(host, out var address))
        {
            var by = isSecure ? SipTransport.Tls : transport ?? SipTransport.Udp;
            To(request, outgoing, new NextHop(by, new IPEndPoint(address, next.Port ?? (by == SipTransport.Tls ? SipPort + 1 : SipPort)), host), flow);
            return;
        }

        if (_services.NextHops is not { } names)
        {
            Answer(request, flow, 480, "next_hop");
            return;
        }

        var kept = request.Retain();
        var from = flow;
        names.Find(new NextHopQuery(host, next.Port ?? 0, transport, isSecure), _services.Scheduler, found =>
        {
            if (found.Hops is [var first, ..])
            {
                To(kept, outgoing, first, from);
            }
            else
            {
                Answer(kept, from, 480, "next_hop");
            }
        });
    }

    private void To(SipRequest request, OutgoingRoute outgoing, NextHop hop, in Flow flow)
    {
        if (hop.Transport is SipTransport.Ws or SipTransport.Wss || _services.Connector is not { } connector || IsForMany(hop.Remote.Address))
        {
            Answer(request, flow, 480, "next_hop");
            return;
        }

        var exit = connector.Open(hop);
        Forward(request, outgoing, flow, exit, outside: exit, isInward: false);
    }

    private void Forward(SipRequest request, OutgoingRoute outgoing, in Flow from, in Flow to, in Flow outside, bool isInward)
    {
        Write(request, outgoing, from, to, outside, isInward);
        // §18.1.1.
        if (to.Transport == SipTransport.Udp && _services.Writer.Written.Length > SipLimits.DatagramRequest && _services.Transport.TryReliable(to, out var reliable))
        {
            Write(request, outgoing, from, reliable, isInward ? outside : reliable, isInward);
            _services.Transactions.SendStateless(_services.Writer.Written, reliable);
            return;
        }

        _services.Transactions.SendStateless(_services.Writer.Written, to);
    }

    private void Write(SipRequest request, OutgoingRoute outgoing, in Flow from, in Flow to, in Flow outside, bool isInward)
    {
        var stays = _services.Options.FrontStays && request.Method is SipMethod.Invite or SipMethod.Subscribe or SipMethod.Refer or SipMethod.Notify or SipMethod.Update;
        ForwardedMessage.Write(_services.Writer, request, new RequestEdits
        {
            Transport = to.Transport,
            SentBy = _services.Transport.SentBy(to),
            Branch = StatelessBranch.Of(request, _services.Map.Count),
            ViaParameters = $";{Back}={FlowToken.Write(from, _run)}",
            Route = outgoing,
            Source = from,
            RecordRoute = stays ? Faces(to, from, outside) : [],
            // RFC 3327 §5.2: whoever looks the phone up finds the way through us, and over the connection that the phone holds.
            Add = _services.Options.FrontStays && request.Method == SipMethod.Register && isInward ? [new AddedHeader("Path", Face(from, outside))] : [],
        });
    }

    /// <summary>RFC 5658 §5: one value for each side when they reach us differently, the side that it leaves by on top.</summary>
    private string[] Faces(in Flow to, in Flow from, in Flow outside)
    {
        var (left, came) = (Face(to, outside), Face(from, outside));
        return left == came ? [left] : [left, came];
    }

    private string Face(in Flow side, in Flow outside)
    {
        var transport = side.Transport switch
        {
            SipTransport.Udp => "",
            SipTransport.Tcp => ";transport=tcp",
            SipTransport.Tls => ";transport=tls",
            _ => ";transport=ws",
        };
        return $"<sip:{FlowToken.Write(outside, _run)}@{_services.Transport.SentBy(side)}{transport};lr>";
    }

    /// <summary>§16.11: our Via off, to where the next one points.</summary>
    private void OnResponse(SipResponse response, in Flow flow, TimeSpan now)
    {
        var via = response.TopVia;
        if (!_services.Own.Sent(via) || TransactionLayer.LoopOf(via.Branch) < 0)
        {
            _services.Metrics.Refused("foreign_via");
            return;
        }

        if (!ForwardedMessage.TryGetNextVia(response, out var next))
        {
            // The answer to a question of ours.
            _services.Transactions.Receive(response, flow, now);
            return;
        }

        if (!via.TryGetParameter("fl"u8, out var token) || !FlowToken.TryRead(token, _run, out var back))
        {
            _services.Metrics.Refused("next_via");
            return;
        }

        if (back.Transport == SipTransport.Udp)
        {
            if (!TryAddress(next, out var remote))
            {
                _services.Metrics.Refused("next_via");
                return;
            }

            back = back with { Remote = remote };
        }

        if ((!_hops.IsHop(flow) && !_hops.IsHop(back)) || !_services.IsOpen(back))
        {
            _services.Metrics.Refused("next_via");
            return;
        }

        ForwardedMessage.Write(_services.Writer, response, new ResponseEdits { ToStream = back.IsReliable });
        _services.Transactions.SendStateless(_services.Writer.Written, back);
    }

    /// <summary>§18.2.2: received and rport, which we wrote, else the address and port of the Via.</summary>
    private static bool TryAddress(in ViaView via, out IPEndPoint remote)
    {
        remote = null!;
        var host = via.TryGetParameter("received"u8, out var received) ? received : via.Host;
        var port = via.TryGetParameter("rport"u8, out var asked) && ushort.TryParse(asked, out var number) && number != 0 ? number
            : via.Port != 0 ? via.Port : SipPort;
        if (!IPAddress.TryParse(Encoding.Latin1.GetString(host).Trim('[', ']'), out var address) || IsForMany(address))
        {
            return false;
        }

        remote = new IPEndPoint(address, port);
        return true;
    }

    // THREATS 32: nothing is ever sent to more than one.
    private static bool IsForMany(IPAddress address) =>
        address.IsIPv6Multicast || address.Equals(IPAddress.Broadcast) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)
        || (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && address.GetAddressBytes()[0] is >= 224 and < 240);

    private static bool IsQuestionForUs(SipRequest request, ReceivedRoute route) =>
        request.Method == SipMethod.Options && route.Rest.Count == 0 && request.TryGetUri(out var uri) && uri.User.IsEmpty;

    private void Answer(SipRequest request, in Flow flow, int status, string label)
    {
        if (status >= 300)
        {
            _services.Metrics.Refused(label);
        }

        // §16.3 step 5: a 420 lists what it did not understand.
        _services.Transactions.AnswerStateless(request, flow, status, retryLater: status == 503, help: status != 420 ? null : writer =>
        {
            foreach (var tag in request.Values(HeaderId.ProxyRequire))
            {
                writer.Header(HeaderId.Unsupported, tag);
            }
        });
    }
}
