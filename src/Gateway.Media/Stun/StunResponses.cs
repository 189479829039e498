namespace Gateway.Media.Stun;

/// <summary>
/// The answers of a STUN server to a Binding request (RFC 8489 §6.3.1). They are small and carry no SOFTWARE, so that the gateway is no use as a reflector.
/// </summary>
public static class StunResponses
{
    /// <summary>Writes a success response and returns its length, or 0 when the buffer is too short.</summary>
    /// <param name="buffer">Where to write.</param>
    /// <param name="request">The request.</param>
    /// <param name="source">Where it came from.</param>
    /// <param name="password">What to sign with; null leaves the response unsigned, as for a plain STUN server.</param>
    public static int WriteSuccess(Span<byte> buffer, in StunMessage request, in MediaAddress source, StunPassword? password)
    {
        var writer = new StunWriter(buffer, StunClass.Success, StunMethod.Binding, request.TransactionId);
        writer.AddXorMappedAddress(source);
        return Finish(ref writer, request, password);
    }

    /// <summary>Writes an error response and returns its length, or 0 when the buffer is too short.</summary>
    /// <param name="buffer">Where to write.</param>
    /// <param name="request">The request.</param>
    /// <param name="code">400, 401, 420 (which names the unknown attributes), 487 or 500.</param>
    /// <param name="password">What to sign with; null when the request was not authenticated.</param>
    public static int WriteError(Span<byte> buffer, in StunMessage request, int code, StunPassword? password)
    {
        var writer = new StunWriter(buffer, StunClass.Error, request.Method, request.TransactionId);
        writer.AddErrorCode(code, Reason(code));
        if (code == 420)
        {
            Span<ushort> unknown = stackalloc ushort[MediaLimits.StunUnknownAttributes];
            writer.AddUnknownAttributes(unknown[..request.CopyUnknown(unknown)]);
        }

        return Finish(ref writer, request, password);
    }

    private static int Finish(ref StunWriter writer, in StunMessage request, StunPassword? password)
    {
        if (password is not null)
        {
            // Answer in kind (RFC 8489 §9.1.4): a peer that signs with SHA-256 alone wants that.
            if (request.HasIntegrity)
            {
                writer.AddMessageIntegrity(password);
            }
            else
            {
                writer.AddMessageIntegritySha256(password);
            }
        }

        writer.AddFingerprint();
        return writer.Length;
    }

    private static ReadOnlySpan<byte> Reason(int code) => code switch
    {
        400 => "Bad Request"u8,
        401 => "Unauthenticated"u8,
        420 => "Unknown Attribute"u8,
        487 => "Role Conflict"u8,
        _ => "Server Error"u8,
    };
}
