namespace Gateway.Server.Observability;

/// <summary>
/// Personal data on its way to a log: users, numbers, addresses. It prints as its length, so that a line that forgets itself
/// tells nobody anything; who needs the value asks for it by name.
/// </summary>
public readonly record struct Pii<T>(T Value)
{
    public override string ToString() => Value is null ? "(none)" : $"(redacted {Value.ToString()?.Length ?? 0})";
}

public static class Pii
{
    public static Pii<T> Of<T>(T value) => new(value);
}
