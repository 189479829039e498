namespace Gateway.Web.Administration;

/// <summary>An object in the form that the API and the pages read and write. Secrets in it are only ever written.</summary>
public interface IResource
{
    Guid Id { get; }

    /// <summary>Rises with every change; the API's ETag.</summary>
    long Version { get; }

    string Name { get; }
}

/// <summary>All objects of one kind: what REST and the pages do with them. A change has its effect at once and is in the audit log.</summary>
public interface IAdministered<T> where T : class, IResource
{
    /// <summary>As in the API's paths.</summary>
    string Kind { get; }

    /// <summary>In the order that lists show.</summary>
    IReadOnlyList<T> List();

    /// <summary>A part of the list, made without the rest of it: there may be a hundred thousand.</summary>
    /// <param name="text">Only those whose name holds it, upper and lower case alike; empty for all.</param>
    /// <param name="after">Sort key of the last one of the page before; null for the first page.</param>
    IReadOnlyList<T> Page(string text, string? after, int count);

    T? Get(Guid id);

    /// <summary>Unique and rising along <see cref="List"/>: what a page's cursor holds.</summary>
    string SortKey(T resource);

    Task<Outcome<T>> CreateAsync(T wanted, Actor actor, CancellationToken cancel);

    /// <param name="wanted">The whole object; empty secrets keep what stands.</param>
    /// <param name="expected">The version that the caller has seen; null for whatever stands there.</param>
    Task<Outcome<T>> UpdateAsync(Guid id, T wanted, long? expected, Actor actor, CancellationToken cancel);

    /// <returns>What was deleted.</returns>
    Task<Outcome<T>> DeleteAsync(Guid id, long? expected, Actor actor, CancellationToken cancel);
}
