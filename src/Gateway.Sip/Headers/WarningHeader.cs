namespace Gateway.Sip;

/// <summary>Writes Warning fields: what was wrong with a session description, for people and for logs (RFC 3261 §20.43).</summary>
public static class WarningHeader
{
    public const int IncompatibleProtocol = 300;
    public const int IncompatibleAddressFormat = 301;
    public const int IncompatibleTransport = 302;
    public const int IncompatibleBandwidth = 303;
    public const int MediaTypeNotAvailable = 304;
    public const int IncompatibleMediaFormat = 305;
    public const int AttributeNotUnderstood = 306;
    public const int ParameterNotUnderstood = 307;
    public const int MulticastNotAvailable = 330;
    public const int UnicastNotAvailable = 331;
    public const int InsufficientBandwidth = 370;
    public const int Miscellaneous = 399;

    /// <param name="writer">Takes the field.</param>
    /// <param name="code">300 to 399.</param>
    /// <param name="agent">Our host name or a pseudonym.</param>
    /// <param name="text">Quoted by this method.</param>
    public static void Write(SipWriter writer, int code, string agent, string text)
    {
        writer.BeginHeader(HeaderId.Warning);
        writer.Append(code);
        writer.Append(" "u8);
        writer.Append(agent);
        writer.Append(" "u8);
        writer.AppendQuoted(text);
        writer.EndHeader();
    }
}
