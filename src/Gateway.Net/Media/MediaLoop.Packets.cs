using Gateway.Media;
using Gateway.Media.Ice;
using Gateway.Media.Rtp;
using Gateway.Media.Sessions;
using Gateway.Media.Stun;

namespace Gateway.Net.Media;

/// <summary>
/// Which leg a datagram is for: its own socket says, or on a shared port the 5-tuple and, for a check, the ufrag in it.
/// A fault ends the leg that it belongs to and nothing else.
/// </summary>
internal sealed partial class MediaLoop
{
    public void OnDatagram(UdpPort port, Span<byte> datagram, in MediaAddress from)
    {
        var slot = port.Leg;
        if (slot is { IsClosed: true })
        {
            return; // closed by an earlier datagram of this batch
        }

        try
        {
            if (slot is not null)
            {
                slot.Leg!.Receive(datagram, port.Index, from, _now);
                Schedule(slot);
            }
            else
            {
                OnShared(datagram, new IcePath(from, port.Index), ref slot);
            }
        }
        catch (Exception e)
        {
            if (slot is null)
            {
                LoopFaulted(e);
            }
            else
            {
                Fault(slot, e);
            }
        }
    }

    private void OnShared(Span<byte> datagram, in IcePath path, ref LegSlot? slot)
    {
        switch (PacketDemux.Classify(datagram))
        {
            case PacketKind.Stun:
                OnCheck(datagram, path, ref slot);
                return;
            case PacketKind.Unknown:
                _metrics.Dropped(DropReason.Unknown);
                return;
        }

        // Nothing but a check is heard from an address that has not passed one (threats 1, 2, 13).
        slot = _paths.Find(path);
        if (slot is null)
        {
            _metrics.Dropped(DropReason.UnvalidatedSource);
            return;
        }

        slot.Leg!.Receive(datagram, path.Local, path.Remote, _now);
        Schedule(slot);
    }

    private void OnCheck(Span<byte> datagram, in IcePath path, ref LegSlot? slot)
    {
        if (StunMessage.TryParse(datagram, out var message) != StunError.None)
        {
            _metrics.Dropped(DropReason.MalformedCheck);
            return;
        }

        // RFC 8445 §7.2.2: USERNAME is "ours:theirs"; the part before the colon finds the leg.
        var username = message.Username;
        var colon = username.IndexOf((byte)':');
        if (colon <= 0 || !IceCredentials.TryGetKey(username[..colon], out var ufrag) || !_byUfrag.TryGetValue(ufrag, out slot))
        {
            _metrics.Dropped(DropReason.UnknownUfrag); // nobody here: no answer either
            return;
        }

        // Whoever cannot prove itself may ask why only so often; a right check is never held up by a stranger's wrong ones.
        var mayAnswerRefusal = _limiter.Allows(path.Remote, _now);
        var outcome = ((WebRtcLeg)slot.Leg!).ReceiveCheck(message, path, mayAnswerRefusal, _now);
        if ((outcome.Events & IceEvents.Checked) == 0)
        {
            _limiter.Charge(path.Remote, _now);
            _metrics.Dropped(mayAnswerRefusal ? DropReason.RefusedCheck : DropReason.CheckLimit);
        }
        else if (_paths.Find(path) != slot)
        {
            _paths.Set(path, slot);
            slot.Paths.Add(path);
        }

        if (!outcome.Forgotten.IsNone)
        {
            _paths.Remove(outcome.Forgotten, slot);
            slot.Paths.Remove(outcome.Forgotten);
        }

        Schedule(slot);
    }
}
