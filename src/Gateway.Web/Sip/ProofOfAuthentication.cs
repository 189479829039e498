namespace Gateway.Web.Sip;

/// <summary>
/// Whether a message that leaves shows that its receiver has authenticated: the gateway sends requests, and answers 2xx to
/// anything but OPTIONS, only then. Read from the wire, so that the web host need not know what the loops know.
/// </summary>
internal static class ProofOfAuthentication
{
    public static bool IsIn(ReadOnlySpan<byte> message)
    {
        if (!message.StartsWith("SIP/2.0 "u8))
        {
            return message.Length > 4;
        }

        return message.Length > 8 && message[8] == (byte)'2' && !IsAnswerToOptions(message);
    }

    private static bool IsAnswerToOptions(ReadOnlySpan<byte> message)
    {
        var at = message.IndexOf("\r\nCSeq:"u8);
        if (at < 0)
        {
            return true;
        }

        var line = message[(at + 2)..];
        var end = line.IndexOf("\r\n"u8);
        return line[..(end < 0 ? line.Length : end)].TrimEnd((byte)' ').EndsWith(" OPTIONS"u8);
    }
}
