namespace Gateway.Storage;

/// <summary>The database cannot be used or refused a write; the message says what to do about it.</summary>
public sealed class StorageException : Exception
{
    public StorageException(string message) : base(message) { }

    public StorageException(string message, Exception inner) : base(message, inner) { }

    public StorageException() { }
}
