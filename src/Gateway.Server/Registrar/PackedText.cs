using System.Text;

namespace Gateway.Server.Registrar;

/// <summary>Text that is kept for every registered phone and read seldom: a byte for a character, where a string has two. Reading it makes a string.</summary>
internal readonly struct PackedText : IEquatable<PackedText>
{
    private readonly byte[]? _utf8;

    public PackedText(string? text) => _utf8 = text is null ? null : text.Length == 0 ? [] : Encoding.UTF8.GetBytes(text);

    public bool IsNull => _utf8 is null;

    public ReadOnlySpan<byte> Utf8 => _utf8;

    public bool Equals(PackedText other) => IsNull == other.IsNull && Utf8.SequenceEqual(other.Utf8);

    public override bool Equals(object? obj) => obj is PackedText other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Utf8);
        return hash.ToHashCode();
    }

    /// <summary>Empty for null.</summary>
    public override string ToString() => _utf8 is null ? "" : Encoding.UTF8.GetString(_utf8);
}

/// <summary>
/// One string for all who say the same: thousands of phones have a handful of names. It forgets all when it is full, so that
/// nobody can fill the memory with names. Not thread-safe.
/// </summary>
public sealed class SharedText
{
    private const int Most = 4096;

    private readonly Dictionary<string, string> _known = new(StringComparer.Ordinal);

    public string Get(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (_known.TryGetValue(text, out var known))
        {
            return known;
        }

        if (_known.Count >= Most)
        {
            _known.Clear();
        }

        _known[text] = text;
        return text;
    }
}
