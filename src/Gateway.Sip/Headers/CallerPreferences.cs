using System.Collections.Immutable;
using System.Text;

namespace Gateway.Sip;

/// <summary>What a caller wants done with the request (RFC 3841 §9.1); of each pair at most one is set.</summary>
[Flags]
public enum RequestDirectives
{
    None = 0,
    Proxy = 1 << 0,
    Redirect = 1 << 1,
    Cancel = 1 << 2,
    NoCancel = 1 << 3,
    Fork = 1 << 4,
    NoFork = 1 << 5,
    Recurse = 1 << 6,
    NoRecurse = 1 << 7,
    Parallel = 1 << 8,
    Sequential = 1 << 9,
    Queue = 1 << 10,
    NoQueue = 1 << 11,
}

/// <summary>One Accept-Contact value.</summary>
/// <param name="IsRequired">Contacts that do not match are not asked at all.</param>
/// <param name="IsExplicit">Only contacts that say so of themselves count as matching.</param>
public sealed record AcceptedFeatures(FeatureSet Features, bool IsRequired, bool IsExplicit);

/// <summary>Which contacts a caller would like to reach, and how: Accept-Contact, Reject-Contact and Request-Disposition (RFC 3841).</summary>
public sealed class CallerPreferences
{
    /// <summary>Values of both headers in one request at most (§11); <see cref="IsTooMuch"/> tells.</summary>
    public const int Most = 20;

    private static readonly string[] s_words =
        ["proxy", "redirect", "cancel", "no-cancel", "fork", "no-fork", "recurse", "no-recurse", "parallel", "sequential", "queue", "no-queue"];

    private CallerPreferences(ImmutableArray<AcceptedFeatures> accept, ImmutableArray<FeatureSet> reject, RequestDirectives directives, bool isImplicit)
    {
        Accept = accept;
        Reject = reject;
        Directives = directives;
        IsImplicit = isImplicit;
    }

    /// <summary>The caller wants nothing in particular.</summary>
    public static CallerPreferences None { get; } = new([], [], RequestDirectives.None, isImplicit: true);

    public ImmutableArray<AcceptedFeatures> Accept { get; }

    public ImmutableArray<FeatureSet> Reject { get; }

    public RequestDirectives Directives { get; }

    /// <summary>Nothing was asked for, but a method needs a contact that takes it (§7.2.2).</summary>
    public bool IsImplicit { get; }

    /// <summary>What a request asks for by its headers, else what its method and event package imply. Values that cannot be read are passed over.</summary>
    public static CallerPreferences Of(SipRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var directives = DirectivesOf(request);
        if (request.Has(HeaderId.AcceptContact) || request.Has(HeaderId.RejectContact))
        {
            return new CallerPreferences(AcceptedBy(request), RejectedBy(request), directives, isImplicit: false);
        }

        var implied = ImmutableArray.Create(new AcceptedFeatures(FeatureSet.Of("sip.methods", Encoding.ASCII.GetString(request.MethodToken)), true, false));
        if (request.Method == SipMethod.Subscribe && request.TryGet(HeaderId.Event, out var package))
        {
            var end = package.IndexOf((byte)';');
            var name = Encoding.UTF8.GetString((end < 0 ? package : package[..end]).Trim(" \t"u8));
            implied = implied.Add(new AcceptedFeatures(FeatureSet.Of("sip.events", name), true, false));
        }

        return new CallerPreferences(implied, [], directives, isImplicit: true);
    }

    /// <summary>More rules than anyone means (§11).</summary>
    public static bool IsTooMuch(SipRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Count(request, HeaderId.AcceptContact) + Count(request, HeaderId.RejectContact) > Most;
    }

    private static int Count(SipRequest request, HeaderId id)
    {
        var count = 0;
        foreach (var _ in request.Values(id))
        {
            count++;
        }

        return count;
    }

    private static ImmutableArray<AcceptedFeatures> AcceptedBy(SipRequest request)
    {
        var accept = ImmutableArray.CreateBuilder<AcceptedFeatures>();
        foreach (var value in request.Values(HeaderId.AcceptContact))
        {
            if (accept.Count < Most && TryStar(value, out var parameters))
            {
                accept.Add(new AcceptedFeatures(FeatureSet.Parse(parameters),
                    ParameterReader.TryFind(parameters, "require"u8, out _), ParameterReader.TryFind(parameters, "explicit"u8, out _)));
            }
        }

        return accept.ToImmutable();
    }

    private static ImmutableArray<FeatureSet> RejectedBy(SipRequest request)
    {
        var reject = ImmutableArray.CreateBuilder<FeatureSet>();
        foreach (var value in request.Values(HeaderId.RejectContact))
        {
            // One that names no feature would reject everybody, which nobody means by it.
            if (reject.Count < Most && TryStar(value, out var parameters) && FeatureSet.Parse(parameters) is { Count: > 0 } features)
            {
                reject.Add(features);
            }
        }

        return reject.ToImmutable();
    }

    private static bool TryStar(ReadOnlySpan<byte> value, out ReadOnlySpan<byte> parameters)
    {
        value = SipLexer.Trim(value);
        parameters = value.IsEmpty ? default : value[1..];
        return !value.IsEmpty && value[0] == (byte)'*';
    }

    /// <summary>The first of each pair stands; others are nonsense (§9.1).</summary>
    private static RequestDirectives DirectivesOf(SipRequest request)
    {
        var directives = RequestDirectives.None;
        foreach (var value in request.Values(HeaderId.RequestDisposition))
        {
            var word = Encoding.ASCII.GetString(SipLexer.Trim(value));
            var at = Array.FindIndex(s_words, known => known.Equals(word, StringComparison.OrdinalIgnoreCase));
            if (at >= 0 && ((int)directives >> (at & ~1) & 3) == 0)
            {
                directives |= (RequestDirectives)(1 << at);
            }
        }

        return directives;
    }
}
