namespace Gateway.Sip;

/// <summary>One datagram or one frame to one message (RFC 3261 §7, §18.3). Never throws for what the bytes say.</summary>
/// <remarks>Safe to use from several receive threads at once; leases may be returned on any thread.</remarks>
public sealed class SipParser
{
    private const int FirstBuffer = 2048;
    private const int FirstEntries = 32;

    private readonly LeasePool _pool;

    public SipParser() : this(1024) { }

    /// <param name="pooled">How many leases of each kind (request, response) are kept for reuse at most.</param>
    public SipParser(int pooled) => _pool = new LeasePool(pooled);

    /// <summary>Copies the bytes into a pooled lease and indexes it.</summary>
    /// <param name="bytes">The whole datagram, WebSocket message or framed stream message.</param>
    /// <param name="stream">True on TCP and TLS, where Content-Length is mandatory (§18.3).</param>
    /// <param name="message">
    /// The lease. When the result is false: the partly indexed request, if an answer may be built from what was read of it,
    /// that is when a Via and the method could be read and it is no ACK; else null. It too is a lease to return.
    /// </param>
    /// <param name="error">What was wrong and where; None when the result is true.</param>
    public bool TryParse(ReadOnlySpan<byte> bytes, bool stream, out SipMessage? message, out SipParseError error)
    {
        message = null;
        // §7.5: CRLF before a start line is ignored; nothing else than CRLF is a keep-alive (RFC 5626 §3.5.1).
        var skipped = 0;
        while (skipped < bytes.Length && skipped < SipLimits.LeadingLineEnds && bytes[skipped] is (byte)'\r' or (byte)'\n')
        {
            skipped++;
        }
        if (skipped == bytes.Length)
        {
            error = new SipParseError(SipParseErrorKind.KeepAlive, 0);
            return false;
        }
        var text = bytes[skipped..];
        var tooLong = text.Length > SipLimits.Message;
        if (tooLong)
        {
            // The headers may still tell whom to answer 513; the body is not copied.
            text = text[..SipLimits.HeaderSection];
        }
        var isResponse = text.Length >= 4 && SipLexer.EqualsIgnoreCase(text[..4], "SIP/"u8);
        SipMessage lease = isResponse ? _pool.TakeResponse() : _pool.TakeRequest();
        Fill(lease, text);
        var indexer = new MessageIndexer(lease, stream, tooLong);
        if (indexer.Run())
        {
            message = lease;
            error = default;
            return true;
        }
        error = indexer.Error with { Offset = indexer.Error.Offset + skipped };
        // §8.2.6 answers copy five headers; nothing that was not parsed goes into an answer, and an ACK never gets one.
        if (!isResponse && indexer.IsAnswerable)
        {
            lease.Index.IsPartial = true;
            message = lease;
        }
        else
        {
            lease.Return();
        }
        return false;
    }

    private static void Fill(SipMessage lease, ReadOnlySpan<byte> text)
    {
        if (lease.Buffer.Length < text.Length)
        {
            lease.Buffer = GC.AllocateUninitializedArray<byte>(Math.Max(FirstBuffer, text.Length));
        }
        if (lease.Entries.Length == 0)
        {
            lease.Entries = new HeaderEntry[FirstEntries];
        }
        text.CopyTo(lease.Buffer);
        lease.Index = default;
        lease.Index.Length = text.Length;
        lease.Index.Used = text.Length;
    }
}
