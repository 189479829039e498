using System.Text;
using Gateway.Sdp;

namespace Gateway.Fuzz.Targets;

/// <summary>Session descriptions: what is read can be written, and reads the same again.</summary>
internal sealed class SdpTarget : IFuzzTarget
{
    public string Name => "sdp";

    public IReadOnlyList<string> MustReach => ["read", "refused"];

    public string Run(Random random)
    {
        var body = Mutator.Damage(random, random.Pick(Corpus.Descriptions), Corpus.Descriptions);
        if (!SdpParser.TryParse(body, out var sdp, out var error))
        {
            FuzzException.Unless(error.StatusCode is 400 or 488, "a refusal has its status");
            return "refused";
        }

        var text = sdp.ToString();
        FuzzException.Unless(SdpParser.TryParse(Encoding.UTF8.GetBytes(text), out var again, out error), $"what was written parses: {error.Kind} {error.Line}: {text}");
        FuzzException.Unless(text == again.ToString(), $"it is written the same: {text}");
        return "read";
    }
}
