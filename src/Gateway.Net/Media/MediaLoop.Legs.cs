using Gateway.Media.Sessions;
using Gateway.Server.Ports;

namespace Gateway.Net.Media;

/// <summary>How legs come to a loop, are joined and parted there, and go.</summary>
internal sealed partial class MediaLoop
{
    public void Add(LegSlot slot)
    {
        _legs.Add(slot);
        foreach (var port in slot.Ports)
        {
            Io.Add(port);
        }

        Schedule(slot);
    }

    /// <summary>Lets checks for a ufrag of ours find the leg.</summary>
    public void AddUfrag(LegSlot slot, ulong ufrag)
    {
        slot.Ufrags.Add(ufrag);
        _byUfrag[ufrag] = slot;
    }

    /// <summary>Runs a command of the owner on the leg; a fault in it ends this leg alone.</summary>
    public void Guard(LegSlot slot, Action<LegSlot, MediaLeg, TimeSpan> command)
    {
        if (slot.IsClosed || slot.Leg is not { } leg)
        {
            return;
        }

        try
        {
            command(slot, leg, _now);
            Schedule(slot);
        }
        catch (Exception e)
        {
            Fault(slot, e);
        }
    }

    /// <summary>Ends a leg: its last packets leave, its paths and sockets are forgotten, its report goes to the owner.</summary>
    public void Close(LegSlot slot)
    {
        if (slot.IsClosed)
        {
            return;
        }

        Part(slot);
        var statistics = new LegStatistics();
        try
        {
            slot.Leg!.Close(_now);
            statistics = Mapping.ToStatistics(slot.Leg.Report(_now));
        }
        catch (Exception e)
        {
            LegFaulted(slot, e);
        }

        slot.IsClosed = true;
        Forget(slot);
        _metrics.LegClosed(statistics);
        Tell(slot.Owner, new MediaEvent.Closed(slot.Id, statistics));
    }

    /// <summary>Takes the leg out of its bridge or service.</summary>
    public static void Part(LegSlot slot)
    {
        if (slot.Leg?.Sink is RemoteSink remote)
        {
            slot.Loop._remotes.Remove(remote.Twin!);
            remote.To.Loop.Post(far =>
            {
                far._remotes.Remove(remote);
                if (remote.To.Leg is { } other && other.Sink == remote.Twin)
                {
                    other.Detach();
                }
            });
        }

        slot.Leg?.Detach();

        if (slot.Peer is { } peer)
        {
            peer.Peer = null;
            slot.Peer = null;
            peer.Leg?.Detach();
        }
    }

    /// <summary>Joins a leg of this loop with one of another, whose half is <paramref name="incoming"/>.</summary>
    public void JoinRemote(LegSlot slot, RemoteSink outgoing, RemoteSink incoming)
    {
        Part(slot);
        slot.Leg!.Attach(outgoing);
        _remotes.Add(incoming);
    }

    private void LegFaulted(LegSlot slot, Exception e)
    {
        _metrics.LegFaulted(e);
        MediaLog.LegFault(Log, slot.Id.Value, e);
    }

    private void Fault(LegSlot slot, Exception e)
    {
        LegFaulted(slot, e);
        Tell(slot.Owner, new MediaEvent.Failed(slot.Id, MediaFailure.Internal));
        Close(slot);
    }

    private void Forget(LegSlot slot)
    {
        foreach (var path in slot.Paths)
        {
            _paths.Remove(path, slot);
        }

        foreach (var ufrag in slot.Ufrags)
        {
            if (_byUfrag.TryGetValue(ufrag, out var holder) && holder == slot)
            {
                _byUfrag.Remove(ufrag);
            }
        }

        foreach (var port in slot.Ports)
        {
            Io.Remove(port);
            port.Dispose();
        }

        _legs.Remove(slot);
        slot.Leg?.Dispose();
        slot.Released?.Invoke(slot);
    }
}
