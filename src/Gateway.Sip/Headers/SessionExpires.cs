namespace Gateway.Sip;

public enum SessionRefresher : byte
{
    /// <summary>Left to the answerer.</summary>
    Unset,
    Uac,
    Uas,
}

/// <summary>Session-Expires: how long a session lives without a refresh, and who refreshes (RFC 4028 §4).</summary>
/// <param name="Seconds">The interval; 90 at least by §5, though smaller ones are read (they are answered 422, or raised).</param>
/// <param name="Refresher">uac and uas are the roles in the transaction that carries the header.</param>
public readonly record struct SessionExpires(uint Seconds, SessionRefresher Refresher)
{
    /// <summary>The smallest interval that anyone may ask for (§5).</summary>
    public const uint Floor = 90;

    public static bool TryParse(ReadOnlySpan<byte> value, out SessionExpires session)
    {
        session = default;
        value = SipLexer.Trim(value);
        var semicolon = value.IndexOf((byte)';');
        var number = SipLexer.Trim(semicolon < 0 ? value : value[..semicolon]);
        if (!SipLexer.TryNumberOrMax(number, out var seconds))
        {
            return false;
        }
        var refresher = SessionRefresher.Unset;
        var parameters = new ParameterReader(semicolon < 0 ? default : value[semicolon..]);
        while (parameters.Next())
        {
            if (SipLexer.EqualsIgnoreCase(parameters.Name, "refresher"u8))
            {
                refresher = SipLexer.EqualsIgnoreCase(parameters.Value, "uac"u8) ? SessionRefresher.Uac
                    : SipLexer.EqualsIgnoreCase(parameters.Value, "uas"u8) ? SessionRefresher.Uas
                    : SessionRefresher.Unset;
            }
        }
        session = new SessionExpires(seconds, refresher);
        return !parameters.Failed;
    }

    public void Write(SipWriter writer)
    {
        writer.BeginHeader(HeaderId.SessionExpires);
        writer.Append(Seconds);
        if (Refresher != SessionRefresher.Unset)
        {
            writer.Append(Refresher == SessionRefresher.Uac ? ";refresher=uac"u8 : ";refresher=uas"u8);
        }
        writer.EndHeader();
    }
}
