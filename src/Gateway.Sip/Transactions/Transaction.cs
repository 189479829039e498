namespace Gateway.Sip;

/// <summary>A request of ours and what is known of its answers (RFC 3261 §17.1).</summary>
public sealed class ClientTransaction
{
    internal ClientTransaction() { }

    public SipMethod Method => throw new NotImplementedException();

    public string Branch => throw new NotImplementedException();

    public Flow Flow => throw new NotImplementedException();

    /// <summary>The request as it was sent.</summary>
    public ReadOnlyMemory<byte> Request => throw new NotImplementedException();

    /// <summary>True once any 1xx came: only then may a CANCEL be sent (§9.1).</summary>
    public bool HasProvisional => throw new NotImplementedException();

    public bool IsTerminated => throw new NotImplementedException();

    /// <summary>Whose transaction this is: the user's own object, handed back with every event.</summary>
    public object? User { get; set; }
}

/// <summary>A request of a peer and the last answer to it (RFC 3261 §17.2).</summary>
public sealed class ServerTransaction
{
    internal ServerTransaction() { }

    public SipMethod Method => throw new NotImplementedException();

    public Flow Flow => throw new NotImplementedException();

    /// <summary>The request, retained for INVITE (so that answers can be built later); for others valid only in OnRequest unless retained.</summary>
    public SipRequest Request => throw new NotImplementedException();

    /// <summary>The last status sent, 0 before any.</summary>
    public int LastStatus => throw new NotImplementedException();

    public bool IsTerminated => throw new NotImplementedException();

    public object? User { get; set; }
}
