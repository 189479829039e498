using Gateway.Sip;

namespace Gateway.Server.Registrar;

/// <summary>
/// Where an AOR can be reached: one contact of one device (RFC 3261 §10). Keyed by AOR, +sip.instance and reg-id when the
/// device gives them (RFC 5626), else by the contact URI.
/// </summary>
/// <remarks>There may be hundreds of thousands of them: what is seldom read is packed, and reading it costs a string.</remarks>
public sealed record Binding
{
    private readonly PackedText _contact;
    private readonly PackedText _contactParameters = new("");
    private readonly PackedText _instance;
    private readonly PackedText _callId;

    public required Guid Id { get; init; }

    public required Guid DomainId { get; init; }

    /// <summary>The node whose connection the flow is.</summary>
    public required string NodeId { get; init; }

    /// <summary>user@domain, lower case.</summary>
    public required string Aor { get; init; }

    /// <summary>The contact URI as registered, with all its parameters.</summary>
    public required SipUri Contact
    {
        get => SipUri.Parse(_contact.ToString());
        init => _contact = new PackedText(value.ToString());
    }

    /// <summary>The Contact header parameters to echo in the 200, as they came (without expires).</summary>
    public string ContactParameters
    {
        get => _contactParameters.ToString();
        init => _contactParameters = new PackedText(value);
    }

    /// <summary>"&lt;urn:uuid:…&gt;" with its quotes, exactly as it came; null when the device gives none.</summary>
    public string? Instance
    {
        get => _instance.IsNull ? null : _instance.ToString();
        init => _instance = new PackedText(value);
    }

    public int RegId { get; init; }

    public double Q { get; init; } = 1.0;

    public required string CallId
    {
        get => _callId.ToString();
        init => _callId = new PackedText(value);
    }

    /// <summary>The same without making strings of it.</summary>
    internal ReadOnlySpan<byte> ContactUtf8 => _contact.Utf8;

    internal ReadOnlySpan<byte> ContactParametersUtf8 => _contactParameters.Utf8;

    public required uint CSeq { get; init; }

    /// <summary>Where the REGISTER came from and requests go to.</summary>
    public required Flow Flow { get; init; }

    /// <summary>Wall clock, for the store and the pages.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    public string UserAgent { get; init; } = "";

    /// <summary>Path values in order (RFC 3327), raw.</summary>
    public IReadOnlyList<string> Path { get; init; } = [];

    /// <summary>
    /// The contact as a Request-URI. What is asked by sip leaves as sip, by the secure flow that a sips contact has; what is
    /// asked by sips goes to sips contacts only (RFC 5630 §5.3: 480 with Warning 380 when there is none).
    /// </summary>
    public SipUri? TargetOf(bool isSips) => (Contact.Scheme, isSips) switch
    {
        (SipScheme.Sips, false) => new SipUri(SipScheme.Sip, Contact.User, Contact.Host, Contact.Port, Contact.Parameters),
        (SipScheme.Sip, true) => null,
        _ => Contact,
    };
}

public enum BindingChangeKind : byte
{
    Upsert,
    Remove,
}

public sealed record BindingChange(BindingChangeKind Kind, Binding Binding);
