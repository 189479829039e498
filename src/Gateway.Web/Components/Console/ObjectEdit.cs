using Gateway.Web.Administration;

namespace Gateway.Web.Components.Console;

/// <summary>One object while it is edited: the form's state, and what the last try to save said of each field.</summary>
public sealed class ObjectEdit<TResource>(TResource value, bool isNew) : IFieldErrors where TResource : class, IResource
{
    /// <summary>An edit makes a new record of it.</summary>
    public TResource Value { get; set; } = value;

    public bool IsNew { get; } = isNew;

    /// <summary>Null while nothing was refused.</summary>
    public Refusal? Refusal { get; set; }

    public string? ErrorOf(string field) => Refusal?.Errors.FirstOrDefault(error => error.Field == field)?.Message;

    /// <summary>Errors of entries of a list: <c>origins[2]</c> belongs to the field origins.</summary>
    public string? ErrorsUnder(string field)
    {
        var entries = Refusal?.Errors.Where(error => error.Field == field || error.Field.StartsWith(field + "[", StringComparison.Ordinal) || error.Field.StartsWith(field + ".", StringComparison.Ordinal))
            .Select(error => error.Field == field ? error.Message : $"{Place(error.Field)}: {error.Message}").Distinct().ToList();
        return entries is { Count: > 0 } ? string.Join(" ", entries) : null;
    }

    /// <summary>People count from one.</summary>
    private static string Place(string field)
    {
        var open = field.IndexOf('[', StringComparison.Ordinal);
        var close = field.IndexOf(']', StringComparison.Ordinal);
        return open >= 0 && close > open && int.TryParse(field.AsSpan(open + 1, close - open - 1), out var at) ? $"{at + 1}" : field;
    }
}

/// <summary>What fields ask for their own errors; cascades through a form.</summary>
public interface IFieldErrors
{
    string? ErrorOf(string field);

    string? ErrorsUnder(string field);
}
