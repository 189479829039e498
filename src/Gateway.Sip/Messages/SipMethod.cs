namespace Gateway.Sip;

/// <summary>The request methods that have a meaning here; any other token is <see cref="Other"/> and kept as text.</summary>
public enum SipMethod : byte
{
    /// <summary>A method this stack gives no meaning to (RFC 3261 §8.2.1 answers 405 in a UA; a proxy forwards it).</summary>
    Other,
    Invite,
    Ack,
    Bye,
    Cancel,
    Register,
    Options,
    Info,
    Prack,
    Update,
    Message,
    Subscribe,
    Notify,
    Publish,
    Refer,
}

/// <summary>Method tokens to and from <see cref="SipMethod"/>. Methods are case-sensitive (RFC 3261 §7.1).</summary>
public static class SipMethods
{
    /// <summary>The token on the wire; empty for <see cref="SipMethod.Other"/>, whose token only its message knows.</summary>
    public static ReadOnlySpan<byte> Token(SipMethod method) => method switch
    {
        SipMethod.Invite => "INVITE"u8,
        SipMethod.Ack => "ACK"u8,
        SipMethod.Bye => "BYE"u8,
        SipMethod.Cancel => "CANCEL"u8,
        SipMethod.Register => "REGISTER"u8,
        SipMethod.Options => "OPTIONS"u8,
        SipMethod.Info => "INFO"u8,
        SipMethod.Prack => "PRACK"u8,
        SipMethod.Update => "UPDATE"u8,
        SipMethod.Message => "MESSAGE"u8,
        SipMethod.Subscribe => "SUBSCRIBE"u8,
        SipMethod.Notify => "NOTIFY"u8,
        SipMethod.Publish => "PUBLISH"u8,
        SipMethod.Refer => "REFER"u8,
        _ => default,
    };

    public static SipMethod Parse(ReadOnlySpan<byte> token)
    {
        if (token.IsEmpty)
        {
            return SipMethod.Other;
        }
        // Length and first letters leave one candidate; the comparison decides.
        var guess = (token.Length, token[0]) switch
        {
            (6, (byte)'I') => SipMethod.Invite,
            (3, (byte)'A') => SipMethod.Ack,
            (3, (byte)'B') => SipMethod.Bye,
            (6, (byte)'C') => SipMethod.Cancel,
            (8, (byte)'R') => SipMethod.Register,
            (7, (byte)'O') => SipMethod.Options,
            (4, (byte)'I') => SipMethod.Info,
            (5, (byte)'P') => SipMethod.Prack,
            (6, (byte)'U') => SipMethod.Update,
            (7, (byte)'M') => SipMethod.Message,
            (9, (byte)'S') => SipMethod.Subscribe,
            (6, (byte)'N') => SipMethod.Notify,
            (7, (byte)'P') => SipMethod.Publish,
            (5, (byte)'R') => SipMethod.Refer,
            _ => SipMethod.Other,
        };
        return guess != SipMethod.Other && token.SequenceEqual(Token(guess)) ? guess : SipMethod.Other;
    }
}
