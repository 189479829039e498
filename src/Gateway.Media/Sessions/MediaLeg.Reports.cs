using System.Buffers.Binary;
using Gateway.Media.Rtp;

namespace Gateway.Media.Sessions;

/// <summary>RTCP of a leg: it ends here, on each leg for itself, for the streams on both sides are different ones (RFC 3550 §7.1).</summary>
public abstract partial class MediaLeg
{
    /// <summary>NTP times of our reports count from here by the loop's clock: RFC 3550 §4 lets a sender use any clock that runs evenly.</summary>
    private static readonly DateTimeOffset ReportEpoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private RtcpReports? _reports;

    private TimeSpan ReportDeadline => _reports?.NextDeadline ?? TimeSpan.MaxValue;

    /// <summary>An RTCP compound of the peer, authenticated as far as the kind of leg can.</summary>
    protected void OnRtcp(ReadOnlySpan<byte> compound, TimeSpan now)
    {
        if (IsClosed || _reports is null)
        {
            return;
        }

        if ((_reports.Receive(compound, now) & RtcpEvents.Malformed) != 0)
        {
            CountDiscarded();
            return;
        }

        Heard(now);
    }

    private void StartReports(TimeSpan now)
    {
        var clock = 8000;
        for (var i = Settings.Codecs.Length - 1; i >= 0; i--)
        {
            clock = Settings.Codecs[i].IsAudio ? Settings.Codecs[i].ClockRate : clock;
        }

        _reports = new RtcpReports(Ssrc, CName, clock, _received, _random, now);
    }

    private void SendReport(TimeSpan now)
    {
        var buffer = Host.Rent();
        var length = _reports!.WriteReport(buffer, now, ReportEpoch + now);
        if (length > 0 && CanTransmit)
        {
            TransmitRtcp(buffer, length);
        }
    }

    private void SendBye(TimeSpan now)
    {
        if (_reports is not null && CanTransmit)
        {
            var buffer = Host.Rent();
            TransmitRtcp(buffer, _reports.WriteGoodbye(buffer, now, ReportEpoch + now));
        }
    }

    /// <summary>Sends an RTP packet of ours, with whatever protects it, and counts it.</summary>
    private bool Transmit(Span<byte> buffer, int length, TimeSpan now)
    {
        var timestamp = BinaryPrimitives.ReadUInt32BigEndian(buffer[4..]);
        if (!TransmitRtp(buffer, length))
        {
            return false;
        }

        _packetsSent++;
        _sentAt = now;
        _bytesSent += length - RtpHeader.MinLength;
        _reports?.OnSent(timestamp, length - RtpHeader.MinLength, now);
        return true;
    }
}
