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
