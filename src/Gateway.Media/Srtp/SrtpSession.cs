namespace Gateway.Media.Srtp;

/// <summary>Both directions of a protected leg: the sender with our key and the receiver with the peer's.</summary>
public sealed class SrtpSession(SrtpMasterKey ours, SrtpMasterKey theirs, KernelPath path = KernelPath.Best) : IDisposable
{
    /// <summary>Protects what we send.</summary>
    public SrtpSender Sender { get; } = new(ours, path);

    /// <summary>Authenticates what we receive.</summary>
    public SrtpReceiver Receiver { get; } = new(theirs, path);

    /// <summary>Makes the session of a DTLS association and zeroes the exported keys: the server protects with the server key (RFC 5764 §4.2).</summary>
    public static SrtpSession FromDtls(SrtpKeyMaterial keys, bool weAreServer)
    {
        ArgumentNullException.ThrowIfNull(keys);
        using (keys)
        {
            return weAreServer ? new SrtpSession(keys.Server, keys.Client) : new SrtpSession(keys.Client, keys.Server);
        }
    }

    /// <summary>Zeroes all keys.</summary>
    public void Dispose()
    {
        Sender.Dispose();
        Receiver.Dispose();
    }
}
