namespace Gateway.Server.Configuration;

/// <summary>
/// A password or key that must be known in the clear to be used toward a peer. It prints as stars, so that no log, record or
/// exception shows it; the store encrypts it, the API only takes it.
/// </summary>
public readonly struct SecretText(string? value) : IEquatable<SecretText>
{
    private readonly string? _value = value;

    public static SecretText None => default;

    public bool IsEmpty => string.IsNullOrEmpty(_value);

    /// <summary>The clear text. Each call of this is a place to review.</summary>
    public string Reveal() => _value ?? "";

    public bool Equals(SecretText other) => string.Equals(_value, other._value, StringComparison.Ordinal);

    public override bool Equals(object? obj) => obj is SecretText other && Equals(other);

    public override int GetHashCode() => _value is null ? 0 : StringComparer.Ordinal.GetHashCode(_value);

    public override string ToString() => IsEmpty ? "" : "***";

    public static bool operator ==(SecretText left, SecretText right) => left.Equals(right);

    public static bool operator !=(SecretText left, SecretText right) => !left.Equals(right);
}
