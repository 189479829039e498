using System.Globalization;
using Gateway.Server.Accounts;
using Gateway.Sip;

namespace Gateway.Server.Registrar;

/// <summary>Writes what the registrar answers: the 200 with all bindings and what else a device learns by it, and refusals with what would help.</summary>
internal sealed class RegisterAnswers(LoopServices services)
{
    private readonly string[] _serviceRoute = [.. services.Options.ServiceRoute.Select(static uri => $"<{uri}>")];

    /// <summary>RFC 3261 §10.3 step 8: every binding as it will be, each with the parameters that it came with and what is left of its time.</summary>
    public void WriteOk(ServerTransaction transaction, SipRequest request, Account account, RegisterContacts contacts, RegisterPlan plan, string aor, TimeSpan now, DateTimeOffset utcNow)
    {
        var writer = services.Writer;
        SipResponses.Begin(writer, request, transaction.Flow, 200, null, transaction.Tag);
        var asked = request.ListHas(HeaderId.Supported, "gruu"u8) || request.ListHas(HeaderId.Require, "gruu"u8) ? account : null;
        foreach (var step in plan.Steps)
        {
            if (step.Binding is { } binding)
            {
                WriteContact(binding, step.Due - now, asked, utcNow);
            }
        }

        foreach (var entry in services.Bindings.Entries(aor))
        {
            if (!plan.Steps.Any(step => step.Old == entry))
            {
                WriteContact(entry.Binding, entry.Due - now, asked, utcNow);
            }
        }

        if (contacts.IsOutbound)
        {
            // RFC 5626 §6. On UDP the client keeps its NAT open by the rules of §4.4.2, whatever we said.
            writer.Header(HeaderId.Require, "outbound");
            if (services.Options.FlowTimer > TimeSpan.Zero && transaction.Flow.Transport is SipTransport.Tcp or SipTransport.Tls && RegisterPath.IsDirect(request))
            {
                writer.Header(HeaderId.FlowTimer, (uint)services.Options.FlowTimer.TotalSeconds);
            }
        }

        if (request.ListHas(HeaderId.Supported, "path"u8))
        {
            // RFC 3327 §5.3.
            writer.Copy(request, HeaderId.Path);
        }

        foreach (var route in _serviceRoute)
        {
            // RFC 3608 §6.3: also to a request that only asks.
            writer.Header(HeaderId.ServiceRoute, route);
        }

        writer.Header(HeaderId.Supported, Capabilities.Supported);
        writer.Header(HeaderId.Date, utcNow.ToString("r", CultureInfo.InvariantCulture));
        writer.NoBody();
    }

    /// <summary>Written now, for when the store refuses: the request may be gone by then.</summary>
    public byte[] NotStored(ServerTransaction transaction, SipRequest request, uint retryAfter)
    {
        // RFC 3261 §10.3 step 7: a commit that fails is 500.
        SipResponses.Begin(services.Writer, request, transaction.Flow, 500, "Not Stored, Try Again", transaction.Tag);
        services.Writer.Header(HeaderId.RetryAfter, retryAfter);
        services.Writer.NoBody();
        return services.Writer.ToArray();
    }

    public void WriteRefusal(ServerTransaction transaction, SipRequest request, RegisterFault fault)
    {
        services.Metrics.Registration(fault.Status switch
        {
            423 => "too_brief",
            403 => "forbidden",
            500 => "out_of_order",
            503 => "busy",
            _ => "bad",
        });
        var writer = services.Writer;
        SipResponses.Begin(writer, request, transaction.Flow, fault.Status, fault.Reason, transaction.Tag);
        switch (fault.Status)
        {
            case 423:
                writer.Header(HeaderId.MinExpires, (uint)Math.Min(services.Options.MinExpires.TotalSeconds, 3600));
                break;
            case 503:
                writer.Header(HeaderId.RetryAfter, 1);
                break;
            case 420:
                // RFC 3327 §5.3: the phone learns that somebody on the way added what it does not know.
                writer.Header(HeaderId.Unsupported, "path");
                break;
        }

        writer.NoBody();
    }

    /// <param name="asked">The account, when the device asks for GRUUs (RFC 5627 §5.2); else null.</param>
    private void WriteContact(Binding binding, TimeSpan left, Account? asked, DateTimeOffset utcNow)
    {
        var writer = services.Writer;
        writer.BeginHeader(HeaderId.Contact);
        writer.Append("<"u8);
        writer.Append(binding.ContactUtf8);
        writer.Append(">"u8);
        writer.Append(binding.ContactParametersUtf8);
        if (asked is not null && services.Gruus.IsOfferedTo(binding))
        {
            writer.Append(";pub-gruu=\"");
            writer.Append(Gruus.Public(binding).ToString());
            writer.Append("\";temp-gruu=\"");
            writer.Append(services.Gruus.Temporary(binding, asked, utcNow).ToString());
            writer.Append("\"");
        }

        writer.Append(";expires="u8);
        writer.Append(Math.Max(1, (long)left.TotalSeconds));
        writer.EndHeader();
    }
}
