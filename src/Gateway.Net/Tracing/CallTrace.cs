namespace Gateway.Net.Tracing;

/// <summary>
/// Where the messages of one Call-ID stand in the slabs. What is over its share loses its middle: how a call began and how it
/// ended are asked for most. Used again and again, so that a new call costs no more than its name.
/// </summary>
internal sealed class CallTrace
{
    private Mark[] _marks = new Mark[4];
    private int _count;
    private int _bytes;
    private int _first;
    private int _firstBytes;

    public string Key { get; set; } = "";

    public ReadOnlySpan<Mark> Marks => _marks.AsSpan(0, _count);

    public long Last => _marks[_count - 1].Position;

    /// <summary>Neighbours in the order of their last messages.</summary>
    public CallTrace? Older { get; set; }

    public CallTrace? Newer { get; set; }

    /// <param name="oldest">Positions before it have been written over.</param>
    /// <param name="limit">Bytes that one Call-ID may keep.</param>
    public void Add(Mark mark, long oldest, int limit)
    {
        while (_count > 0 && _marks[0].Position < oldest) Remove(0);
        while (_bytes + mark.Length > limit && _count > _first) Remove(_first);
        if (_count == _marks.Length) Array.Resize(ref _marks, 2 * _count);
        if (_first == _count && _firstBytes + mark.Length <= limit / 2)
        {
            _first++;
            _firstBytes += mark.Length;
        }
        _marks[_count++] = mark;
        _bytes += mark.Length;
    }

    public void Clear()
    {
        if (_marks.Length > 16) _marks = new Mark[4];
        Key = "";
        _count = _bytes = _first = _firstBytes = 0;
        Older = Newer = null;
    }

    private void Remove(int index)
    {
        _bytes -= _marks[index].Length;
        if (index < _first)
        {
            _first--;
            _firstBytes -= _marks[index].Length;
        }
        _count--;
        Array.Copy(_marks, index + 1, _marks, index, _count - index);
    }

    /// <param name="Position">Number of the slab and, below, the offset in it.</param>
    public readonly record struct Mark(long Position, int Length);
}
