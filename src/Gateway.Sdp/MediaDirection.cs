namespace Gateway.Sdp;

/// <summary>Who may send, seen from the one whose description it is (RFC 8866 §6.7). The values are two bits: send, receive.</summary>
[Flags]
public enum MediaDirection : byte
{
    Inactive = 0,
    SendOnly = 1,
    RecvOnly = 2,
    SendRecv = SendOnly | RecvOnly,
}

/// <summary>Directions as attributes and as seen from the other side.</summary>
public static class MediaDirections
{
    public static bool Sends(this MediaDirection direction) => (direction & MediaDirection.SendOnly) != 0;

    public static bool Receives(this MediaDirection direction) => (direction & MediaDirection.RecvOnly) != 0;

    /// <summary>The same arrangement as the other side would write it: what I send you receive.</summary>
    public static MediaDirection Reversed(this MediaDirection direction) =>
        (direction.Sends() ? MediaDirection.RecvOnly : 0) | (direction.Receives() ? MediaDirection.SendOnly : 0);

    public static string AttributeName(this MediaDirection direction) => direction switch
    {
        MediaDirection.SendRecv => "sendrecv",
        MediaDirection.SendOnly => "sendonly",
        MediaDirection.RecvOnly => "recvonly",
        _ => "inactive",
    };

    public static bool TryParse(ReadOnlySpan<char> text, out MediaDirection direction)
    {
        (var known, direction) = text switch
        {
            "sendrecv" => (true, MediaDirection.SendRecv),
            "sendonly" => (true, MediaDirection.SendOnly),
            "recvonly" => (true, MediaDirection.RecvOnly),
            "inactive" => (true, MediaDirection.Inactive),
            _ => (false, MediaDirection.SendRecv),
        };
        return known;
    }
}
