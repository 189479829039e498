using System.Globalization;
using System.Text;

namespace Gateway.Sip;

/// <summary>
/// Writes a received message as a proxy sends it on: header by header as it came, order, folds, white space and body
/// included, but for the few fields that RFC 3261 §16.6 and §16.7 change.
/// </summary>
public static class ForwardedMessage
{
    /// <summary>What a request without Max-Forwards gets (§16.6 step 3).</summary>
    public const uint FirstMaxForwards = 70;

    /// <summary>Fields that hold message and transaction together: no strip takes them.</summary>
    private static readonly HeaderSet Needed = new(
        HeaderId.Via, HeaderId.Route, HeaderId.RecordRoute, HeaderId.From, HeaderId.To, HeaderId.CallId, HeaderId.CSeq,
        HeaderId.MaxForwards, HeaderId.ContentLength, HeaderId.ContentType, HeaderId.ContentEncoding);

    /// <summary>Writes a request that parsed. Its Max-Forwards must not be 0: that was answered 483 before (§16.3 step 3).</summary>
    public static void Write(SipWriter writer, SipRequest request, RequestEdits edits)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(edits);
        writer.Request(request.MethodToken, Encoding.UTF8.GetBytes(edits.Route.RequestUri));
        WriteOwn(writer, request, edits);

        var topVia = true;
        var routes = new RouteLines(request, edits.Route);
        var last = LastOf(request, HeaderId.Route);
        for (var i = 0; i < request.HeaderCount; i++)
        {
            var field = request.FieldAt(i);
            switch (field.Id)
            {
                case HeaderId.Via when topVia:
                    topVia = false;
                    WriteTopVia(writer, request, i, edits.Source);
                    break;
                case HeaderId.Route:
                    routes.Write(writer, i);
                    if (i == last && edits.Route.Appended is { } target)
                    {
                        writer.Header(HeaderId.Route, target);
                    }
                    break;
                case HeaderId.MaxForwards:
                    request.TryGetNumber(HeaderId.MaxForwards, out var hops);
                    WriteNumber(writer, request, i, hops == 0 ? 0 : hops - 1);
                    break;
                case HeaderId.MaxBreadth when edits.MaxBreadth is { } breadth:
                    WriteNumber(writer, request, i, breadth);
                    break;
                case HeaderId.Authorization or HeaderId.ProxyAuthorization when edits.Realm is { } realm && IsFor(field.Value, realm):
                    break;
                default:
                    if (edits.Remove is null || Needed.Has(field.Id) || !edits.Remove.Takes(field))
                    {
                        writer.Append(request.LineAt(i));
                    }
                    break;
            }
        }
        // A large datagram may turn into a stream on its way down (§18.1.1).
        var mayStream = edits.Transport != SipTransport.Udp || request.Bytes.Length > SipLimits.DatagramRequest / 2;
        WriteEnd(writer, request, mayStream);
    }

    /// <summary>Writes a response that parsed, without its top Via (§16.7 step 3).</summary>
    public static void Write(SipWriter writer, SipResponse response, ResponseEdits? edits = null)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(response);
        writer.StartLine(response.Bytes[..response.HeadersStart]);
        var topVia = true;
        // RFC 7339 §5.6: what a server behind us says of its load is for us; our neighbour hears of ours.
        var feedback = writer.Feedback is { } load && TryGetNextVia(response, out var asked) && OverloadFeedback.IsOffered(asked) ? load : null;
        for (var i = 0; i < response.HeaderCount; i++)
        {
            var field = response.FieldAt(i);
            if (field.Id == HeaderId.Via && topVia)
            {
                topVia = false;
                if (WriteValuesFrom(writer, field, 1, feedback))
                {
                    feedback = null;
                }
                WriteAdded(writer, edits?.Add);
            }
            else if (field.Id == HeaderId.Via && feedback is not null)
            {
                WriteValuesFrom(writer, field, 0, feedback);
                feedback = null;
            }
            else if (edits?.Remove is null || Needed.Has(field.Id) || !edits.Remove.Takes(field))
            {
                writer.Append(response.LineAt(i));
            }
        }
        WriteEnd(writer, response, edits?.ToStream ?? false);
    }

    /// <summary>The Via below the top one: where a response goes once ours is off it (§16.11). False when there is none, and so nobody to send it to.</summary>
    public static bool TryGetNextVia(SipResponse response, out ViaView via)
    {
        ArgumentNullException.ThrowIfNull(response);
        var values = response.Values(HeaderId.Via);
        if (values.MoveNext() && values.MoveNext())
        {
            return ViaView.TryParse(values.Current, out via);
        }
        via = default;
        return false;
    }

    /// <summary>What is new stands on top, where the next hop looks first (§7.3.1).</summary>
    private static void WriteOwn(SipWriter writer, SipRequest request, RequestEdits edits)
    {
        SipRequests.WriteVia(writer, edits.Transport, edits.SentBy, edits.Branch + edits.ViaParameters);
        foreach (var value in edits.RecordRoute)
        {
            writer.Header(HeaderId.RecordRoute, value);
        }
        foreach (var value in edits.Route.Pushed)
        {
            writer.Header(HeaderId.Route, value);
        }
        if (edits.Route.Appended is { } target && !request.Has(HeaderId.Route))
        {
            writer.Header(HeaderId.Route, target);
        }
        if (!request.Has(HeaderId.MaxForwards))
        {
            writer.Header(HeaderId.MaxForwards, FirstMaxForwards);
        }
        if (edits.MaxBreadth is { } breadth && !request.Has(HeaderId.MaxBreadth))
        {
            writer.Header(HeaderId.MaxBreadth, breadth);
        }
        WriteAdded(writer, edits.Add);
    }

    private static void WriteAdded(SipWriter writer, IReadOnlyList<AddedHeader>? added)
    {
        foreach (var (name, value) in added ?? [])
        {
            writer.Header(name, value);
        }
    }

    private static void WriteTopVia(SipWriter writer, SipRequest request, int index, Flow? source)
    {
        var field = request.FieldAt(index);
        var via = request.TopVia;
        if (source is not { } flow || !SipResponses.ChangesTopVia(via, flow))
        {
            writer.Append(request.LineAt(index));
            return;
        }
        writer.BeginHeader(field.Name);
        SipResponses.WriteTopVia(writer, via, flow);
        var comma = HeaderValues.CommaIn(field.Value);
        if (comma >= 0)
        {
            writer.Append(field.Value[comma..]);
        }
        writer.EndHeader();
    }

    /// <summary>A field with another number in the place of its own.</summary>
    private static void WriteNumber(SipWriter writer, SipRequest request, int index, uint number)
    {
        writer.BeginHeader(request.FieldAt(index).Name);
        writer.Append(number.ToString(CultureInfo.InvariantCulture));
        writer.EndHeader();
    }

    /// <summary>What is left of a list of Vias when its first ones are off; nothing when none is.</summary>
    /// <param name="feedback">Goes into the first one that is left; null for none.</param>
    /// <returns>True when one is left.</returns>
    private static bool WriteValuesFrom(SipWriter writer, HeaderField field, int skipped, OverloadFeedback? feedback)
    {
        var rest = field.Value;
        while (skipped > 0 && !rest.IsEmpty)
        {
            var comma = HeaderValues.CommaIn(rest);
            skipped -= SipLexer.Trim(comma < 0 ? rest : rest[..comma]).IsEmpty ? 0 : 1;
            rest = comma < 0 ? default : SipLexer.Trim(rest[(comma + 1)..]);
        }
        if (rest.IsEmpty)
        {
            return false;
        }
        writer.BeginHeader(field.Name);
        var end = feedback is null ? 0 : HeaderValues.CommaIn(rest);
        if (feedback is not null && ViaView.TryParse(end < 0 ? rest : rest[..end], out var first))
        {
            SipResponses.WriteWithFeedback(writer, first, feedback);
            rest = end < 0 ? default : rest[end..];
        }
        writer.Append(rest);
        writer.EndHeader();
        return true;
    }

    private static void WriteEnd(SipWriter writer, SipMessage message, bool toStream)
    {
        if (toStream && !message.Has(HeaderId.ContentLength))
        {
            writer.Header(HeaderId.ContentLength, (uint)message.Body.Length);
        }
        writer.Append("\r\n"u8);
        writer.Append(message.Body);
    }

    private static int LastOf(SipRequest request, HeaderId id)
    {
        var last = -1;
        for (var i = 0; request.Has(id) && i < request.HeaderCount; i++)
        {
            last = request.FieldAt(i).Id == id ? i : last;
        }
        return last;
    }

    /// <summary>Credentials for this realm, or a token of ours: nobody behind us is to see them.</summary>
    private static bool IsFor(ReadOnlySpan<byte> credentials, string realm) =>
        DigestCredentials.TryParse(credentials, out var digest)
            ? Ascii.EqualsIgnoreCase(digest.Realm, Encoding.UTF8.GetBytes(realm))
            : credentials.Length > 7 && SipLexer.EqualsIgnoreCase(credentials[..7], "Bearer "u8);

    /// <summary>The received Route fields without the values that were reached, or that moved into the request line.</summary>
    private ref struct RouteLines
    {
        private readonly SipRequest _request;
        private readonly int _from;
        private readonly int _to;
        private int _next;

        public RouteLines(SipRequest request, OutgoingRoute route)
        {
            _request = request;
            _from = route.Skipped;
            _to = int.MaxValue;
            if (route.LastTaken)
            {
                _to = -1;
                foreach (var _ in request.Values(HeaderId.Route))
                {
                    _to++;
                }
            }
        }

        public void Write(SipWriter writer, int index)
        {
            var field = _request.FieldAt(index);
            var (first, count, kept) = (_next, 0, 0);
            for (var values = new CommaList(field.Value); values.Next(); count++)
            {
                kept += Keeps(first + count) ? 1 : 0;
            }
            _next += count;
            if (kept == count)
            {
                writer.Append(_request.LineAt(index));
                return;
            }
            if (kept == 0)
            {
                return;
            }
            writer.BeginHeader(field.Name);
            var written = 0;
            var at = first;
            for (var values = new CommaList(field.Value); values.Next(); at++)
            {
                if (Keeps(at))
                {
                    writer.Append(written++ == 0 ? ""u8 : ", "u8);
                    writer.Append(values.Current);
                }
            }
            writer.EndHeader();
        }

        private readonly bool Keeps(int index) => index >= _from && index < _to;
    }

    /// <summary>The values of one comma list, empty ones left out.</summary>
    private ref struct CommaList(ReadOnlySpan<byte> text)
    {
        private ReadOnlySpan<byte> _rest = text;

        public ReadOnlySpan<byte> Current { get; private set; }

        public bool Next()
        {
            while (!_rest.IsEmpty)
            {
                var comma = HeaderValues.CommaIn(_rest);
                Current = SipLexer.Trim(comma < 0 ? _rest : _rest[..comma]);
                _rest = comma < 0 ? default : _rest[(comma + 1)..];
                if (!Current.IsEmpty)
                {
                    return true;
                }
            }
            return false;
        }
    }
}
