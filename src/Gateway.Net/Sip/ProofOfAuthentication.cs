namespace Gateway.Net.Sip;

/// <summary>
/// Whether a message that leaves shows that its receiver has authenticated: the gateway sends requests, and answers 2xx to
/// anything but OPTIONS and a 1xx beyond 100, only then. Read from the wire, so that a connection need not know what the loops
/// know.
/// </summary>
public static class ProofOfAuthentication
{
    public static bool IsIn(ReadOnlySpan<byte> message)
    {
        if (!message.StartsWith("SIP/2.0 "u8))
        {
            return message.Length > 4;
        }

        return message.Length > 10 && message[8] switch
        {
            // 100 says only that something came; a phone rings for those alone who may call it.
            (byte)'1' => !message[8..].StartsWith("100"u8),
            (byte)'2' => !IsAnswerToOptions(message),
            _ => false,
        };
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
