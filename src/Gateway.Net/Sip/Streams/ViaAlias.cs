namespace Gateway.Net.Sip.Streams;

/// <summary>
/// Writes the alias parameter (RFC 5923 §7) into the topmost Via of a request of ours as it leaves: it says something of the
/// connection, of which those who write requests know nothing.
/// </summary>
internal static class ViaAlias
{
    public static ReadOnlySpan<byte> Parameter => ";alias"u8;

    /// <summary>Where the parameter goes: behind the sent-by. Less than zero for an answer, and for a Via that we did not write.</summary>
    public static int PlaceIn(ReadOnlySpan<byte> message)
    {
        if (message.StartsWith("SIP/2.0 "u8))
        {
            return -1;
        }

        var field = message.IndexOf("\r\nVia: SIP/2.0/"u8);
        if (field < 0)
        {
            return -1;
        }

        var line = message[(field + 2)..];
        var end = line.IndexOf("\r\n"u8);
        var parameters = line[..Math.Max(end, 0)].IndexOf((byte)';');
        return parameters < 0 ? -1 : field + 2 + parameters;
    }

    /// <returns>The length of the message with the parameter.</returns>
    public static int Write(ReadOnlySpan<byte> message, int at, Span<byte> whole)
    {
        message[..at].CopyTo(whole);
        Parameter.CopyTo(whole[at..]);
        message[at..].CopyTo(whole[(at + Parameter.Length)..]);
        return message.Length + Parameter.Length;
    }
}
