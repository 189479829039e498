using System.Collections.Immutable;
using Gateway.Net.Dns;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Net.Location;

/// <summary>ENUM (RFC 6116): looks telephone numbers up in DNS, tree by tree, until one knows the number.</summary>
internal sealed class EnumClient(DnsResolver names, IReadOnlyList<string> apexes) : ILocationClient
{
    public string Name => "enum";

    /// <summary>RFC 6116 §3.7: only numbers of the international plan.</summary>
    public bool Takes(LocationQuestion question) => question.E164 is not null;

    public async Task<LocationAnswer> AskAsync(LocationQuestion question, CancellationToken cancel)
    {
        List<string> steps = [];
        string? failure = null;
        foreach (var apex in apexes)
        {
            if (!EnumName.TryMake(question.E164 ?? "", apex, out var name))
            {
                continue;
            }

            var answer = await FollowAsync(question.E164!, name, steps, cancel).ConfigureAwait(false);
            if (answer.Outcome == LocationOutcome.Found)
            {
                return answer with { Steps = [.. steps] };
            }

            if (answer.Outcome == LocationOutcome.Failed)
            {
                failure ??= answer.Detail;
            }
        }

        // One tree that does not answer may be the one that knows.
        return (failure is null ? LocationAnswer.NotFound : LocationAnswer.Failure(failure)) with { Steps = [.. steps] };
    }

    /// <summary>From name to name as rules lead on (§5.2.1), a few times and never to the same twice.</summary>
    private async Task<LocationAnswer> FollowAsync(string number, string name, List<string> steps, CancellationToken cancel)
    {
        var lifetime = TimeSpan.MaxValue;
        HashSet<string> asked = [];
        for (var next = name; asked.Add(next);)
        {
            if (asked.Count > DnsLimits.EnumSteps)
            {
                steps.Add($"{name} leads on too often");
                return LocationAnswer.NotFound;
            }

            var answer = await names.AskAsync(new DnsQuestion(next, DnsType.Naptr)).WaitAsync(cancel).ConfigureAwait(false);
            if (answer.Outcome != DnsOutcome.Found)
            {
                steps.Add($"NAPTR {next}: {(answer.Outcome == DnsOutcome.Failed ? answer.Detail : "none")}");
                return answer.Outcome == DnsOutcome.Failed ? LocationAnswer.Failure(answer.Detail) : LocationAnswer.NotFound;
            }

            lifetime = answer.Lifetime < lifetime ? answer.Lifetime : lifetime;
            var result = EnumRules.Read(number, answer);
            steps.AddRange(result.Steps);
            if (result.Next is null)
            {
                return result.Uris.IsEmpty ? LocationAnswer.NotFound
                    : new LocationAnswer(LocationOutcome.Found, [.. result.Uris.Select(uri => new LocationTarget.Address(uri))]) { Lifetime = lifetime, IsStale = answer.IsStale };
            }

            next = result.Next;
        }

        steps.Add($"{name} leads back to itself");
        return LocationAnswer.NotFound;
    }
}
