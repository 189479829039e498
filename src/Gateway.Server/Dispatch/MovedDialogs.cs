using System.Collections.Concurrent;
using System.Text;

namespace Gateway.Server.Dispatch;

/// <summary>
/// Which dialogs were handed to another loop than the one whose number their tag carries: what still comes for them is led
/// after them. An entry lives as long as its dialog. Thread-safe: the receive threads ask for every message with a tag.
/// </summary>
public sealed class MovedDialogs
{
    private const int LongestTag = 128;

    private readonly ConcurrentDictionary<string, int> _loops = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private int _count;

    public MovedDialogs() => _lookup = _loops.GetAlternateLookup<ReadOnlySpan<char>>();

    public int Count => Volatile.Read(ref _count);

    /// <summary>Null for a dialog that is where its tag says.</summary>
    public int? Find(ReadOnlySpan<byte> tag)
    {
        // Nearly always nothing has moved.
        if (Count == 0 || tag.Length is 0 or > LongestTag)
        {
            return null;
        }

        Span<char> text = stackalloc char[tag.Length];
        Encoding.Latin1.GetChars(tag, text);
        return _lookup.TryGetValue(text, out var loop) ? loop : null;
    }

    public int? Find(string tag) => Count > 0 && _loops.TryGetValue(tag, out var loop) ? loop : null;

    public void Add(string tag, int loop)
    {
        if (_loops.TryAdd(tag, loop))
        {
            Interlocked.Increment(ref _count);
        }
        else
        {
            _loops[tag] = loop;
        }
    }

    /// <summary>The dialog is over.</summary>
    public void Remove(string tag)
    {
        if (_loops.TryRemove(tag, out _))
        {
            Interlocked.Decrement(ref _count);
        }
    }
}
