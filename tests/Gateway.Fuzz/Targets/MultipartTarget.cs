using System.Text;
using Gateway.Sip;

namespace Gateway.Fuzz.Targets;

/// <summary>Multipart bodies: parts lie within the body, and there are no more of them than the limit.</summary>
internal sealed class MultipartTarget : IFuzzTarget
{
    private static readonly byte[][] s_types =
        [.. new[] { "multipart/mixed;boundary=\"a b\"", "multipart/signed;boundary=7a9cbec02ceef655", "Multipart/Related ; boundary=a;type=x" }.Select(Encoding.UTF8.GetBytes)];

    public string Name => "multipart";

    public IReadOnlyList<string> MustReach => ["parts", "empty"];

    public string Run(Random random)
    {
        var body = Mutator.Damage(random, random.Pick(Corpus.Multiparts), Corpus.Multiparts);
        var header = random.Next(3) == 0 ? Mutator.Damage(random, random.Pick(s_types), s_types, most: 1) : random.Pick(s_types);
        if (!MediaTypeView.TryParse(header, out var type) || !MultipartReader.TryCreate(type, body, out var reader))
        {
            return "refused";
        }

        var parts = 0;
        while (reader.Next())
        {
            parts++;
            FuzzException.Unless(reader.Content.Length <= body.Length && reader.ContentType.Length <= body.Length && reader.Disposition.Length <= body.Length, "a part lies in its body");
            _ = MediaTypeView.TryParse(reader.ContentType, out _);
        }

        FuzzException.Unless(parts <= SipLimits.Parts, "there are no more parts than the limit");
        return parts > 0 ? "parts" : "empty";
    }
}
