using System.Collections.Immutable;
using Gateway.Sip;

namespace Gateway.Server.Registrar;

/// <summary>One device: the flows that lead to it, the best first. Only one of them is asked at a time (RFC 5626 §7).</summary>
/// <param name="Flows">Never empty. The next one is asked when the one before failed with 408, 430 or by its transport, and for no other answer.</param>
/// <param name="Preference">Qa of RFC 3841 §7.2.4, 0 to 1: how well it fits what the caller asked for.</param>
public readonly record struct Target(ImmutableArray<Binding> Flows, double Preference)
{
    public Binding First => Flows[0];

    /// <summary>Neither is asked before the other.</summary>
    internal bool IsEqual(Target other) => First.Q.Equals(other.First.Q) && Preference.Equals(other.Preference);

    /// <summary>True when the same request may go on to the device's next flow: this one told us nothing of the device.</summary>
    /// <param name="status">408 and 503 also for what never got an answer.</param>
    /// <param name="isOurs">The status stands for a timeout or a transport error of ours; no answer came.</param>
    public static bool MayTryNextFlow(int status, bool isOurs) => status is 408 or 430 || (isOurs && status == 503);
}

/// <summary>
/// The bindings of one AOR as targets in the order in which they are asked: groups one after another, the targets of a group
/// at once. Pure; used by the calls' fork and by the proxy alike.
/// </summary>
/// <remarks>
/// How to use it: <c>TargetSet.Of(bindings, CallerPreferences.Of(request))</c>, where the bindings are those of
/// <see cref="BindingDirectory.Get"/> (of a GRUU: those of its instance only). Ask the <see cref="Target.First"/> of every target
/// of <c>Groups[0]</c> by <c>binding.Flow</c>, with <c>binding.Contact</c> as Request-URI and <c>binding.Path</c> in front of
/// the Routes. A branch that <see cref="Target.MayTryNextFlow"/> goes on to the next of <see cref="Target.Flows"/>. When all
/// of a group have refused (or rung long enough: cancel them), go on with the next group. Empty: answer 480. Look at
/// <see cref="Directives"/> for proxy or redirect, recursion and cancelling.
/// </remarks>
public sealed record TargetSet(ImmutableArray<ImmutableArray<Target>> Groups, RequestDirectives Directives)
{
    public bool IsEmpty => Groups.IsEmpty;

    /// <summary>Every device once, in the order of preference.</summary>
    public IEnumerable<Target> All => Groups.SelectMany(static group => group);

    /// <summary>Orders the bindings of one AOR.</summary>
    /// <param name="bindings">As the table gives them: best q first, newest first among equals.</param>
    /// <param name="preferences">The caller's; null for none.</param>
    public static TargetSet Of(IReadOnlyList<Binding> bindings, CallerPreferences? preferences = null)
    {
        ArgumentNullException.ThrowIfNull(bindings);
        preferences ??= CallerPreferences.None;
        var targets = Devices(Preferred(bindings, preferences));
        if (targets.Count > 1)
        {
            // Stable: among equals the newest stays first.
            targets = [.. targets.OrderByDescending(static target => target.First.Q).ThenByDescending(static target => target.Preference)];
        }

        return new TargetSet(Group(targets, preferences), preferences.Directives);
    }

    private readonly record struct Scored(Binding Binding, double Preference);

    private static List<Scored> Preferred(IReadOnlyList<Binding> bindings, CallerPreferences preferences)
    {
        var scored = new List<Scored>(bindings.Count);
        foreach (var binding in bindings)
        {
            if (Score(binding, preferences) is { } preference)
            {
                scored.Add(new Scored(binding, preference));
            }
        }

        // RFC 3841 §7.2.4: whoever takes none of the method answers so himself.
        return scored.Count == 0 && preferences.IsImplicit ? [.. bindings.Select(static binding => new Scored(binding, 1))] : scored;
    }

    /// <summary>RFC 3841 §7.2.4; null for a contact that the caller does not want.</summary>
    private static double? Score(Binding binding, CallerPreferences preferences)
    {
        if (preferences.Accept.IsEmpty && preferences.Reject.IsEmpty)
        {
            return 1;
        }

        // What the method implies concerns few contacts: the rest need not be read.
        if (preferences.IsImplicit && !MayLimitMethods(binding.ContactParametersUtf8))
        {
            return 1;
        }

        var features = FeatureSet.Parse(binding.ContactParametersUtf8);
        if (features.Count == 0)
        {
            return 1;
        }

        foreach (var reject in preferences.Reject)
        {
            if (features.Names(reject) && features.Matches(reject))
            {
                return null;
            }
        }

        var sum = 0.0;
        var matching = 0;
        foreach (var accept in preferences.Accept)
        {
            if (!features.Matches(accept.Features))
            {
                if (accept.IsRequired)
                {
                    return null;
                }

                continue;
            }

            matching++;
            var score = features.Score(accept.Features);
            if (accept.IsExplicit && score < 1)
            {
                if (accept.IsRequired)
                {
                    return null;
                }

                score = 0;
            }

            sum += score;
        }

        return preferences.IsImplicit || preferences.Accept.IsEmpty ? 1 : matching == 0 ? 0 : sum / matching;
    }

    private static bool MayLimitMethods(ReadOnlySpan<byte> parameters) =>
        parameters.IndexOf("methods"u8) >= 0 || parameters.IndexOf("events"u8) >= 0 || parameters.IndexOf("METHODS"u8) >= 0;

    /// <summary>RFC 5626 §7: contacts of one AOR and instance are one target; a contact without an instance is one of its own.</summary>
    private static List<Target> Devices(List<Scored> scored)
    {
        var targets = new List<Target>(scored.Count);
        foreach (var one in scored)
        {
            var known = one.Binding.Instance is null ? -1 : targets.FindIndex(target =>
                string.Equals(target.First.Instance, one.Binding.Instance, StringComparison.OrdinalIgnoreCase)
                && target.First.Aor.Equals(one.Binding.Aor, StringComparison.OrdinalIgnoreCase));
            if (known < 0)
            {
                targets.Add(new Target([one.Binding], one.Preference));
            }
            else
            {
                targets[known] = targets[known] with { Flows = targets[known].Flows.Add(one.Binding) };
            }
        }

        return targets;
    }

    /// <summary>
    /// Equal q: at once; lower q: later. Among equals the caller's own wish makes an order too, what a method implies does not.
    /// </summary>
    private static ImmutableArray<ImmutableArray<Target>> Group(List<Target> targets, CallerPreferences preferences)
    {
        if (targets.Count == 0)
        {
            return [];
        }

        if (preferences.Directives.HasFlag(RequestDirectives.NoFork))
        {
            return [[targets[0]]];
        }

        if (preferences.Directives.HasFlag(RequestDirectives.Parallel))
        {
            return [[.. targets]];
        }

        var isSequential = preferences.Directives.HasFlag(RequestDirectives.Sequential);
        var groups = ImmutableArray.CreateBuilder<ImmutableArray<Target>>();
        var start = 0;
        for (var i = 1; i <= targets.Count; i++)
        {
            if (i == targets.Count || isSequential || !targets[start].IsEqual(targets[i]))
            {
                groups.Add([.. targets[start..i]]);
                start = i;
            }
        }

        return groups.ToImmutable();
    }
}
