namespace Gateway.Sip;

/// <summary>A set of header ids in two words.</summary>
internal struct HeaderSet
{
    private ulong _low;
    private ulong _high;

    public HeaderSet(params ReadOnlySpan<HeaderId> ids)
    {
        foreach (var id in ids)
        {
            Add(id);
        }
    }

    public readonly bool Has(HeaderId id) => (((int)id < 64 ? _low : _high) >> ((int)id & 63) & 1) != 0;

    public void Add(HeaderId id)
    {
        if ((int)id < 64)
        {
            _low |= 1ul << (int)id;
        }
        else
        {
            _high |= 1ul << ((int)id & 63);
        }
    }
}
