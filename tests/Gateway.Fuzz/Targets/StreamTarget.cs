using Gateway.Sip;

namespace Gateway.Fuzz.Targets;

/// <summary>The framer of TCP and TLS: however the bytes arrive, it holds one message at most, and cuts as the parser reads.</summary>
internal sealed class StreamTarget : IFuzzTarget
{
    private readonly SipParser _parser = new(8);

    public string Name => "stream";

    public IReadOnlyList<string> MustReach => ["failed", "framed"];

    public string Run(Random random)
    {
        var stream = new List<byte>();
        for (var messages = random.Next(1, 5); messages > 0; messages--)
        {
            var whole = random.Pick(Corpus.Messages);
            stream.AddRange(random.Next(3) == 0 ? whole : Mutator.Damage(random, whole, Corpus.Messages, most: 2));
        }

        var bytes = stream.ToArray();
        var framer = new StreamFramer();
        var kind = FrameKind.None;
        var framed = 0;
        for (var at = 0; at < bytes.Length && kind != FrameKind.Failed;)
        {
            var take = Math.Min(random.Next(1, 1400), bytes.Length - at);
            ReadOnlySpan<byte> input = bytes.AsSpan(at, take);
            at += take;
            while ((kind = framer.Next(ref input, out var frame, out _)) is not (FrameKind.None or FrameKind.Failed))
            {
                FuzzException.Unless(frame.Length <= SipLimits.Message, "a frame is no longer than a message may be");
                if (kind == FrameKind.Message)
                {
                    framed++;
                    if (_parser.TryParse(frame, stream: true, out var message, out _))
                    {
                        FuzzException.Unless(frame.Length == message!.Bytes.Length, "what the framer cut is what the parser reads, to the last byte");
                    }

                    message?.Return();
                }
            }

            FuzzException.Unless(framer.Held <= SipLimits.Message, "no more is held than one message");
            FuzzException.Unless(input.IsEmpty || kind == FrameKind.Failed, "all input is taken");
        }

        return kind == FrameKind.Failed ? "failed" : framed > 0 ? "framed" : "waiting";
    }
}
