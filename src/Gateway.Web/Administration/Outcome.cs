namespace Gateway.Web.Administration;

/// <summary>One field that cannot stay as it is.</summary>
/// <param name="Field">As the API writes it: <c>host</c>, <c>tls.certificate</c>, <c>dids[2].number</c>.</param>
/// <param name="Message">What to write instead, for the person who typed it.</param>
public sealed record FieldError(string Field, string Message);

public enum RefusalKind
{
    /// <summary>Fields break rules; each is named.</summary>
    Invalid,
    /// <summary>There is no such object.</summary>
    Missing,
    /// <summary>Someone else changed it since it was read.</summary>
    Stale,
    /// <summary>A name belongs to another object; the field is named.</summary>
    Taken,
    /// <summary>Others lead to it, or it must stay for a reason that the message gives.</summary>
    InUse,
}

/// <summary>Why a change was not made.</summary>
public sealed record Refusal(RefusalKind Kind, string Message, IReadOnlyList<FieldError> Errors)
{
    public Refusal(RefusalKind kind, string message) : this(kind, message, [])
    {
    }
}

/// <summary>What became of a change: the object as it stands now, or the refusal.</summary>
public readonly record struct Outcome<T>(T? Value, Refusal? Refusal) where T : class
{
    public static implicit operator Outcome<T>(T value) => new(value, null);

    public static implicit operator Outcome<T>(Refusal refusal) => new(null, refusal);
}

/// <summary>Who asks for a change, as the audit log writes it.</summary>
/// <param name="Name">The account's user, or <c>key:</c> and the name of an API key.</param>
/// <param name="Remote">Address it comes from.</param>
public sealed record Actor(string Name, string Remote);
