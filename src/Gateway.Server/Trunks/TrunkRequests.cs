using Gateway.Sip;

namespace Gateway.Server.Trunks;

/// <summary>Writes the requests outside calls that a trunk gets from us, but for REGISTER.</summary>
internal static class TrunkRequests
{
    /// <summary>OPTIONS for the trunk's host (RFC 3261 §11.1), into the loop's writer.</summary>
    public static void WriteOptions(LoopServices services, TrunkCredentials credentials, in Flow flow, string branch)
    {
        var writer = services.Writer;
        var uri = credentials.RequestUri(null);
        writer.Request(SipMethod.Options, uri);
        SipRequests.WriteVia(writer, flow.Transport, services.Transport.SentBy(flow), branch);
        foreach (var route in credentials.Routes)
        {
            writer.Header(HeaderId.Route, route);
        }

        writer.Header(HeaderId.MaxForwards, 70);
        writer.Header(HeaderId.From, $"<{credentials.Address}>;tag={services.Transactions.NewTag()}");
        writer.Header(HeaderId.To, $"<{uri}>");
        writer.Header(HeaderId.CallId, services.Transactions.NewTag());
        writer.CSeq(1, SipMethod.Options);
        writer.Header(HeaderId.Contact, $"<{credentials.Contact(flow)}>");
        writer.Header(HeaderId.Accept, "application/sdp");
        writer.NoBody();
    }
}
