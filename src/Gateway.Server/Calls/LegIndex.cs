using System.Text;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Server.Calls;

/// <summary>Finds the leg of a message by our tag, of a flow by its connection, and the call of a media event by its leg.</summary>
internal sealed class LegIndex
{
    private const int LongestTag = 128;

    private readonly Dictionary<string, CallLeg> _byTag = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CallLeg>.AlternateLookup<ReadOnlySpan<char>> _tagLookup;
    private readonly Dictionary<Flow, List<CallLeg>> _byFlow = [];
    private readonly Dictionary<LegId, Call> _byMedia = [];

    public LegIndex() => _tagLookup = _byTag.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Dialogs that are still answered for.</summary>
    public int Dialogs => _byTag.Count;

    /// <summary>Every leg that is still answered for.</summary>
    public IReadOnlyCollection<CallLeg> All => _byTag.Values;

    public int MediaLegs => _byMedia.Count;

    public CallLeg? Find(ReadOnlySpan<byte> localTag)
    {
        if (localTag.Length is 0 or > LongestTag) return null;
        Span<char> tag = stackalloc char[localTag.Length];
        Encoding.Latin1.GetChars(localTag, tag);
        return _tagLookup.TryGetValue(tag, out var leg) ? leg : null;
    }

    public CallLeg[] On(in Flow flow) => _byFlow.TryGetValue(flow, out var legs) ? [.. legs] : [];

    public void Add(CallLeg leg)
    {
        _byTag[leg.LocalTag] = leg;
        AddFlow(leg, leg.Flow);
    }

    public void Move(CallLeg leg, in Flow flow)
    {
        if (leg.IsGone) return;
        RemoveFlow(leg);
        AddFlow(leg, flow);
    }

    public void Remove(CallLeg leg)
    {
        if (_byTag.TryGetValue(leg.LocalTag, out var known) && known == leg) _byTag.Remove(leg.LocalTag);
        RemoveFlow(leg);
    }

    public Call? Find(LegId media) => _byMedia.GetValueOrDefault(media);

    public void Add(LegId media, Call call) => _byMedia.Add(media, call);

    public void Remove(LegId media) => _byMedia.Remove(media);

    private void AddFlow(CallLeg leg, in Flow flow)
    {
        if (!_byFlow.TryGetValue(flow, out var legs)) _byFlow.Add(flow, legs = []);
        legs.Add(leg);
    }

    private void RemoveFlow(CallLeg leg)
    {
        if (!_byFlow.TryGetValue(leg.Flow, out var legs)) return;
        legs.Remove(leg);
        if (legs.Count == 0) _byFlow.Remove(leg.Flow);
    }
}
