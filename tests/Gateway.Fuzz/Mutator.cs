namespace Gateway.Fuzz;

/// <summary>Damages bytes: inserts, replaces, repeats, cuts and splices, each step chosen by the seed.</summary>
internal static class Mutator
{
    public static T Pick<T>(this Random random, IReadOnlyList<T> from) => from[random.Next(from.Count)];

    /// <summary>One to <paramref name="most"/> steps of damage.</summary>
    public static byte[] Damage(Random random, byte[] bytes, IReadOnlyList<byte[]> others, int most = 4)
    {
        for (var times = random.Next(1, most + 1); times > 0; times--)
        {
            bytes = Step(random, bytes, random.Pick(others));
        }

        return bytes;
    }

    private static byte[] Step(Random random, byte[] bytes, byte[] other)
    {
        var at = random.Next(bytes.Length + 1);
        var length = Math.Min(random.Next(1, 20), bytes.Length - at);
        var token = random.Pick(Corpus.Tokens);
        var from = random.Next(other.Length);
        return random.Next(10) switch
        {
            0 => [.. bytes[..at], .. token, .. bytes[at..]],
            1 => [.. bytes[..at], .. token, .. bytes[(at + length)..]],
            2 => [.. bytes[..at], .. bytes[(at + length)..]],
            3 => [.. bytes[..at], (byte)random.Next(256), .. bytes[Math.Min(at + 1, bytes.Length)..]],
            4 => [.. bytes[..(at + length)], .. bytes[at..]],
            5 => random.Next(4) == 0 ? bytes[..at] : bytes,
            6 => Number(random, bytes, at),
            7 => Line(random, bytes, at),
            8 => Repeat(random, bytes, at, length),
            _ => [.. bytes[..at], .. other[from..Math.Min(other.Length, from + 60)], .. bytes[at..]],
        };
    }

    /// <summary>Another digit, or another number altogether.</summary>
    private static byte[] Number(Random random, byte[] bytes, int from)
    {
        var at = bytes.AsSpan(from).IndexOfAnyInRange((byte)'0', (byte)'9');
        if (at < 0)
        {
            return bytes;
        }

        at += from;
        var end = at;
        while (end < bytes.Length && bytes[end] is >= (byte)'0' and <= (byte)'9')
        {
            end++;
        }

        byte[] number = random.Next(5) switch { 0 => "0"u8.ToArray(), 1 => "4294967296"u8.ToArray(), 2 => "-1"u8.ToArray(), _ => [(byte)('0' + random.Next(10))] };
        return [.. bytes[..at], .. number, .. bytes[end..]];
    }

    /// <summary>A line twice, away, or at another place.</summary>
    private static byte[] Line(Random random, byte[] bytes, int at)
    {
        var start = bytes.AsSpan(0, at).LastIndexOf((byte)'\n') + 1;
        var end = bytes.AsSpan(at).IndexOf((byte)'\n') is var next && next < 0 ? bytes.Length : at + next + 1;
        var line = bytes[start..end];
        byte[] rest = [.. bytes[..start], .. bytes[end..]];
        var to = rest.AsSpan(0, random.Next(rest.Length + 1)).LastIndexOf((byte)'\n') + 1;
        return random.Next(3) switch
        {
            0 => [.. bytes[..end], .. line, .. bytes[end..]],
            1 => rest,
            _ => [.. rest[..to], .. line, .. rest[to..]],
        };
    }

    /// <summary>The same few bytes many times: what grows without a bound, or with the square of it, is found by this.</summary>
    private static byte[] Repeat(Random random, byte[] bytes, int at, int length)
    {
        if (length == 0 || random.Next(8) > 0)
        {
            return bytes;
        }

        var piece = bytes.AsSpan(at, length);
        var times = Math.Min(random.Next(2, 3000), 60_000 / length);
        var longer = new byte[bytes.Length + (length * times)];
        bytes.AsSpan(0, at).CopyTo(longer);
        for (var i = 0; i < times; i++)
        {
            piece.CopyTo(longer.AsSpan(at + (i * length)));
        }

        bytes.AsSpan(at).CopyTo(longer.AsSpan(at + (length * times)));
        return longer;
    }
}
