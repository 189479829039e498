namespace Gateway.Testing;

/// <summary>Says which section of an RFC a test proves; docs/conformance.md is generated from these.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true)]
public sealed class RfcAttribute(int number, string section) : Attribute
{
    public int Number { get; } = number;

    public string Section { get; } = section;
}

/// <summary>Says which row of the feature table (docs/conformance.md) a test proves, e.g. "30" or "55b".</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true)]
public sealed class RowAttribute(string row) : Attribute
{
    public RowAttribute(int row) : this(row.ToString(System.Globalization.CultureInfo.InvariantCulture)) { }

    public string Row { get; } = row;
}

/// <summary>Says which threat of docs/security.md a test proves to be met.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true)]
public sealed class ThreatAttribute(int number) : Attribute
{
    public int Number { get; } = number;
}

/// <summary>Says which rule of docs/browsers.md (W, I, A, C, D, E) a test proves with a real client.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true)]
public sealed class BrowserRuleAttribute(string id) : Attribute
{
    public string Id { get; } = id;
}
