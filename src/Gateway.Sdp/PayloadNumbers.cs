using System.Collections.Immutable;

namespace Gateway.Sdp;

/// <summary>
/// The payload types of one leg. A number that once meant a codec in this dialog never means another one
/// (RFC 3264 §8.3.2), and a codec keeps its number, so that packets under way across a re-offer stay readable.
/// </summary>
internal sealed class PayloadNumbers
{
    private readonly CodecDescription?[] _meaning = new CodecDescription?[SdpLimits.MaxPayloadType + 1];

    /// <summary>The codec with its number for our next offer.</summary>
    public CodecDescription Number(CodecDescription codec)
    {
        for (var number = 0; number < _meaning.Length; number++)
            if (_meaning[number] is { } known && known.Matches(codec)) return Take(codec, number);
        if (StaticNumber(codec) is { } fixedNumber) return Take(codec, fixedNumber);
        // The numbers that most phones use by habit; some old ones take DTMF at 101 only.
        var usual = codec.IsTelephoneEvent ? (codec.ClockRate == 8000 ? 101 : 110) : codec.Matches(GatewayCodecs.Opus) ? 111 : 96;
        if (_meaning[usual] is null) return Take(codec, usual);
        for (var number = 96; number < _meaning.Length; number++)
            if (_meaning[number] is null) return Take(codec, number);
        // 32 dynamic numbers and a handful of codecs: only a peer that renumbers in every offer gets here.
        return Take(codec, usual);
    }

    /// <summary>Remembers the numbers that the peer chose and we repeated in an answer.</summary>
    public void Adopt(ImmutableArray<CodecDescription> codecs)
    {
        foreach (var codec in codecs)
        {
            for (var number = 96; number < _meaning.Length; number++)
                if (number != codec.PayloadType && _meaning[number] is { } known && known.Matches(codec)) _meaning[number] = Retired;
            _meaning[codec.PayloadType] = codec;
        }
    }

    /// <summary>
    /// Remembers what else the peer has numbered, taken or not: a browser binds its numbers for both directions, so a later
    /// offer of ours must not give one of them another meaning.
    /// </summary>
    public void Learn(ImmutableArray<CodecDescription> codecs)
    {
        foreach (var codec in codecs)
            if (!_meaning.Any(known => known is not null && known.Matches(codec))) _meaning[codec.PayloadType] ??= codec;
    }

    /// <summary>Every number that has had a meaning, for <see cref="Remember"/> elsewhere.</summary>
    public IEnumerable<NumberSnapshot> Known
    {
        get
        {
            for (var number = 0; number < _meaning.Length; number++)
            {
                if (_meaning[number] is { } codec) yield return new NumberSnapshot(number, codec);
            }
        }
    }

    public void Remember(NumberSnapshot known) => _meaning[known.Number] = known.Codec;

    private static CodecDescription Retired { get; } = new("-", 1);

    private CodecDescription Take(CodecDescription codec, int number)
    {
        _meaning[number] ??= codec;
        return codec with { PayloadType = number };
    }

    private static int? StaticNumber(CodecDescription codec)
    {
        for (var number = 0; number < 35; number++)
            if (StaticPayloadTypes.Find(number) is { } known && known.Matches(codec)) return number;
        return null;
    }
}
