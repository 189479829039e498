using System.Buffers.Binary;
using System.Security.Cryptography;
using Gateway.Media.Srtp;
using Gateway.Testing;

namespace Gateway.Media.Tests.Srtp;

/// <summary>Protecting and unprotecting through the public face: order, loss, repetition, rollover, wrong tags, and what may not change on them.</summary>
public class SrtpSessionTests
{
    public static TheoryData<SrtpProfile, KernelPath> Profiles
    {
        get
        {
            var data = new TheoryData<SrtpProfile, KernelPath>();
            foreach (var path in new[] { KernelPath.Best, KernelPath.Portable })
            {
                data.Add(SrtpProfile.Aes128CmSha1Tag80, path);
                data.Add(SrtpProfile.Aes128CmSha1Tag32, path);
                data.Add(SrtpProfile.AeadAes128Gcm, path);
                data.Add(SrtpProfile.AeadAes256Gcm, path);
            }

            return data;
        }
    }

    internal static SrtpMasterKey Key(SrtpProfile profile, int seed = 1) => SrtpMasterKey.Create(profile, new SeededRandom(seed));

    internal static byte[] Packet(ushort sequence, uint ssrc = 0x11223344, int payload = 160, uint? stamp = null)
    {
        var packet = new byte[12 + payload];
        packet[0] = 0x80;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), stamp ?? (uint)(sequence * 160));
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), ssrc);
        new Random(sequence).NextBytes(packet.AsSpan(12));
        return packet;
    }

    internal static byte[] Protect(SrtpSender sender, byte[] packet)
    {
        var buffer = new byte[packet.Length + SrtpProfiles.MaxOverhead];
        packet.CopyTo(buffer, 0);
        Assert.Equal(SrtpStatus.Ok, sender.Protect(buffer, packet.Length, out var length));
        return buffer[..length];
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [Row(72)]
    public void What_one_side_protects_the_other_reads(SrtpProfile profile, KernelPath path)
    {
        using var key = Key(profile);
        using var sender = new SrtpSender(key, path);
        using var receiver = new SrtpReceiver(key, KernelPath.Best);
        for (ushort sequence = 100; sequence < 400; sequence++)
        {
            var plain = Packet(sequence, payload: sequence - 100);
            var wire = Protect(sender, plain);

            Assert.Equal(plain.Length + profile.RtpTagLength(), wire.Length);
            if (plain.Length > 40)
            {
                Assert.NotEqual(plain[12..], wire[12..plain.Length]);
            }

            Assert.Equal(SrtpStatus.Ok, receiver.Unprotect(wire, out var length));
            Assert.Equal(plain, wire[..length]);
        }

        Assert.Equal(300, receiver.Accepted);
        Assert.Equal(1, receiver.StreamCount);
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [Rfc(3711, "3.4")]
    public void Rtcp_goes_both_ways_with_its_own_index(SrtpProfile profile, KernelPath path)
    {
        using var key = Key(profile);
        using var sender = new SrtpSender(key, path);
        using var receiver = new SrtpReceiver(key, KernelPath.Best);
        var plain = Hex.Bytes("81c8000c 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef");
        byte[]? first = null;
        for (var i = 0; i < 5; i++)
        {
            var buffer = new byte[plain.Length + SrtpProfiles.MaxOverhead];
            plain.CopyTo(buffer, 0);
            Assert.Equal(SrtpStatus.Ok, sender.ProtectRtcp(buffer, plain.Length, out var length));
            Assert.Equal(plain.Length + profile.RtcpTagLength() + 4, length);
            var wire = buffer[..length];
            first ??= wire.ToArray();

            Assert.Equal(SrtpStatus.Ok, receiver.UnprotectRtcp(wire, out var clear));
            Assert.Equal(plain, wire[..clear]);
        }

        Assert.Equal(SrtpStatus.Replayed, receiver.UnprotectRtcp(first!, out _));
    }

    [Fact]
    [Rfc(3711, "3.4")]
    public void Rtcp_that_is_tagged_and_not_enciphered_is_taken()
    {
        using var key = Key(SrtpProfile.Aes128CmSha1Tag80);
        using var receiver = new SrtpReceiver(key);
        var plain = Hex.Bytes("80c90001 11223344");
        var authentication = new byte[20];
        SrtpKeyDerivation.Derive(key.Key, key.Salt, SrtpLabel.RtcpAuthentication, authentication);
        byte[] covered = [.. plain, 0, 0, 0, 7];
#pragma warning disable CA5350 // the hash that SRTP prescribes
        byte[] wire = [.. covered, .. HMACSHA1.HashData(authentication, covered)[..10]];
#pragma warning restore CA5350
        var bent = wire.ToArray();
        bent[8] |= 0x80; // the flag is authenticated too

        Assert.Equal(SrtpStatus.BadTag, receiver.UnprotectRtcp(bent, out _));
        Assert.Equal(SrtpStatus.Ok, receiver.UnprotectRtcp(wire, out var length));
        Assert.Equal(plain, wire[..length]);
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [Rfc(3711, "3.3.1")]
    [Threat(5)]
    public void The_sequence_number_wraps_with_loss_and_disorder_around_it(SrtpProfile profile, KernelPath path)
    {
        using var key = Key(profile);
        using var sender = new SrtpSender(key, path);
        using var receiver = new SrtpReceiver(key, path);
        var wire = new List<byte[]>();
        for (var i = 0; i < 200_000; i += 37)
        {
            wire.Add(Protect(sender, Packet((ushort)(65_000 + i), payload: 20)));
        }

        for (var i = 0; i + 2 < wire.Count; i += 3)
        {
            foreach (var at in new[] { i + 1, i, i + 2 })
            {
                if (at % 7 != 0)
                {
                    Assert.Equal(SrtpStatus.Ok, receiver.Unprotect(wire[at].ToArray(), out _));
                }
            }
        }

        Assert.Equal(0, receiver.BadTags);
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [Threat(5)]
    [Threat(6)]
    public void A_wrong_tag_changes_nothing(SrtpProfile profile, KernelPath path)
    {
        using var key = Key(profile);
        using var sender = new SrtpSender(key, path);
        using var receiver = new SrtpReceiver(key, path);
        Assert.Equal(SrtpStatus.Ok, receiver.Unprotect(Protect(sender, Packet(1)), out _));

        // Forged packets that would move the rollover counter, fill the window and open streams, if they were believed.
        var random = new Random(5);
        for (var i = 0; i < 5000; i++)
        {
            var forged = Packet((ushort)random.Next(65536), i % 2 == 0 ? 0x11223344 : (uint)i, payload: 170);
            Assert.NotEqual(SrtpStatus.Ok, receiver.Unprotect(forged, out var length));
            Assert.Equal(0, length);
        }

        Assert.Equal(1, receiver.StreamCount);
        Assert.True(receiver.BadTags > 3000); // the rest would lie before index 0
        for (ushort sequence = 2; sequence < 50; sequence++)
        {
            Assert.Equal(SrtpStatus.Ok, receiver.Unprotect(Protect(sender, Packet(sequence)), out _));
        }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [Rfc(3711, "3.3.2")]
    [Threat(5)]
    public void A_packet_is_taken_once_and_not_when_it_is_older_than_the_window(SrtpProfile profile, KernelPath path)
    {
        using var key = Key(profile);
        using var sender = new SrtpSender(key, path);
        using var receiver = new SrtpReceiver(key, path);
        var wire = Enumerable.Range(0, 300).Select(i => Protect(sender, Packet((ushort)i, payload: 10))).ToList();

        Assert.Equal(SrtpStatus.Ok, receiver.Unprotect(wire[0].ToArray(), out _));
        Assert.Equal(SrtpStatus.Ok, receiver.Unprotect(wire[299].ToArray(), out _));
        Assert.Equal(SrtpStatus.Replayed, receiver.Unprotect(wire[299].ToArray(), out _));
        Assert.Equal(SrtpStatus.TooOld, receiver.Unprotect(wire[171].ToArray(), out _));
        for (var i = 298; i >= 172; i--)
        {
            Assert.Equal(SrtpStatus.Ok, receiver.Unprotect(wire[i].ToArray(), out _));
            Assert.Equal(SrtpStatus.Replayed, receiver.Unprotect(wire[i].ToArray(), out _));
        }
    }

    [Fact]
    [Threat(5)]
    public void Each_ssrc_has_its_own_rollover()
    {
        using var key = Key(SrtpProfile.AeadAes128Gcm);
        using var sender = new SrtpSender(key);
        using var receiver = new SrtpReceiver(key);
        foreach (var sequence in new ushort[] { 65534, 65535, 0, 1 })
        {
            Assert.Equal(SrtpStatus.Ok, receiver.Unprotect(Protect(sender, Packet(sequence, ssrc: 1)), out _));
        }

        Assert.Equal(SrtpStatus.Ok, receiver.Unprotect(Protect(sender, Packet(2, ssrc: 2)), out _));
        Assert.Equal(SrtpStatus.Ok, receiver.Unprotect(Protect(sender, Packet(2, ssrc: 1)), out _));
        Assert.Equal(2, receiver.StreamCount);
    }

    [Fact]
    public void Streams_are_limited_and_the_ones_that_exist_go_on()
    {
        using var key = Key(SrtpProfile.AeadAes128Gcm);
        using var receiver = new SrtpReceiver(key);
        var senders = Enumerable.Range(0, 5).Select(_ => new SrtpSender(key)).ToList(); // same key, other SSRCs: 80 streams
        for (uint ssrc = 0; ssrc < MediaLimits.SrtpReceiveStreams; ssrc++)
        {
            Assert.Equal(SrtpStatus.Ok, receiver.Unprotect(Protect(senders[(int)ssrc / 16], Packet(1, ssrc)), out _));
        }

        Assert.Equal(SrtpStatus.TooManyStreams, receiver.Unprotect(Protect(senders[4], Packet(1, 1000)), out _));
        Assert.Equal(SrtpStatus.Ok, receiver.Unprotect(Protect(senders[0], Packet(2, 3)), out _));

        var buffer = new byte[200];
        Packet(1, 2000).CopyTo(buffer, 0);
        Assert.Equal(SrtpStatus.TooManyStreams, senders[0].Protect(buffer, 172, out _));
        senders.ForEach(s => s.Dispose());
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("8000000100000000112233")]
    [InlineData("9000 0001 00000000 11223344 bede 0fff 00000000 00000000 00000000 00000000 00000000")]
    [InlineData("8f00 0001 00000000 11223344 00000000 00000000 00000000 00000000 00000000")]
    [InlineData("0000 0001 00000000 11223344 00000000 00000000 00000000 00000000 00000000")]
    public void Bytes_that_are_no_packet_are_refused(string hex)
    {
        using var key = Key(SrtpProfile.AeadAes128Gcm);
        using var sender = new SrtpSender(key);
        using var receiver = new SrtpReceiver(key);

        Assert.Equal(SrtpStatus.Malformed, receiver.Unprotect(Hex.Bytes(hex), out _));
        Assert.Equal(1, receiver.MalformedPackets);
        var buffer = new byte[100];
        Hex.Bytes(hex).CopyTo(buffer, 0);
        Assert.Equal(SrtpStatus.Malformed, sender.Protect(buffer, Hex.Bytes(hex).Length, out _));
    }

    [Fact]
    public void A_buffer_without_room_for_the_tag_is_refused_and_left_alone()
    {
        using var key = Key(SrtpProfile.AeadAes128Gcm);
        using var sender = new SrtpSender(key);
        var packet = Packet(1);
        var before = packet.ToArray();

        Assert.Equal(SrtpStatus.NoRoom, sender.Protect(packet, packet.Length, out _));
        Assert.Equal(SrtpStatus.NoRoom, sender.ProtectRtcp(packet, packet.Length - 19, out _));
        Assert.Equal(before, packet);
    }

    [Fact]
    public void Header_extension_and_csrc_stay_clear_and_are_authenticated()
    {
        using var key = Key(SrtpProfile.AeadAes128Gcm);
        using var sender = new SrtpSender(key);
        using var receiver = new SrtpReceiver(key);
        var plain = Hex.Bytes("9200 0007 00000001 11223344 0a0a0a0a 0b0b0b0b bede0001 10aa0000 48656c6c6f");
        var wire = Protect(sender, plain);
        Assert.Equal(plain[..28], wire[..28]);
        var bent = wire.ToArray();
        bent[24] ^= 1;

        Assert.Equal(SrtpStatus.BadTag, receiver.Unprotect(bent, out _));
        Assert.Equal(SrtpStatus.Ok, receiver.Unprotect(wire, out var length));
        Assert.Equal(plain, wire[..length]);
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    public void A_packet_costs_no_allocation_good_or_bad(SrtpProfile profile, KernelPath path)
    {
        using var key = Key(profile);
        using var sender = new SrtpSender(key, path);
        using var receiver = new SrtpReceiver(key, path);
        var buffer = new byte[300];
        var packet = Packet(0);
        var sent = 0;
        void Round(int count)
        {
            for (var i = 0; i < count; i++)
            {
                packet.CopyTo(buffer, 0);
                BinaryPrimitives.WriteUInt16BigEndian(buffer.AsSpan(2), (ushort)sent++);
                sender.Protect(buffer, packet.Length, out var length);
                buffer[length - 1] ^= (byte)(i & 1);
                receiver.Unprotect(buffer.AsSpan(0, length), out _);
                sender.ProtectRtcp(buffer, 80, out length);
                receiver.UnprotectRtcp(buffer.AsSpan(0, length), out _);
            }
        }

        Round(200);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Round(1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(600, receiver.BadTags);
    }

    [Fact]
    [Rfc(5764, "4.2")]
    public void Exported_keying_material_is_split_in_the_order_of_the_rfc()
    {
        var exported = Enumerable.Range(0, 60).Select(i => (byte)i).ToArray();
        using var keys = SrtpKeyMaterial.FromDtlsExport(SrtpProfile.Aes128CmSha1Tag80, exported);

        Assert.Equal(exported[..16], keys.Client.Key.ToArray());
        Assert.Equal(exported[16..32], keys.Server.Key.ToArray());
        Assert.Equal(exported[32..46], keys.Client.Salt.ToArray());
        Assert.Equal(exported[46..60], keys.Server.Salt.ToArray());
        Assert.Equal("Aes128CmSha1Tag80 key", keys.Client.ToString()); // and nothing of the key
    }

    [Fact]
    public void A_dtls_pair_talks_in_both_directions_and_stops_when_disposed()
    {
        var exported = Enumerable.Range(0, 56).Select(i => (byte)(i * 3)).ToArray();
        using var server = SrtpSession.FromDtls(SrtpKeyMaterial.FromDtlsExport(SrtpProfile.AeadAes128Gcm, exported), weAreServer: true);
        using var client = SrtpSession.FromDtls(SrtpKeyMaterial.FromDtlsExport(SrtpProfile.AeadAes128Gcm, exported), weAreServer: false);

        Assert.Equal(SrtpStatus.Ok, client.Receiver.Unprotect(Protect(server.Sender, Packet(1)), out _));
        Assert.Equal(SrtpStatus.Ok, server.Receiver.Unprotect(Protect(client.Sender, Packet(1)), out _));

        client.Dispose();
        Assert.Equal(SrtpStatus.Closed, client.Sender.Protect(new byte[300], 172, out _));
        Assert.Equal(SrtpStatus.Closed, client.Receiver.Unprotect(new byte[300], out _));
    }

    [Fact]
    [Rfc(4568, "6.1")]
    public void An_inline_key_is_read_back_and_wrong_ones_are_refused()
    {
        using var key = Key(SrtpProfile.Aes128CmSha1Tag80);
        Assert.True(SrtpMasterKey.TryParseInline(SrtpProfile.Aes128CmSha1Tag80, key.ToInline(), out var read));
        Assert.Equal(key.Key.ToArray(), read!.Key.ToArray());
        Assert.Equal(key.Salt.ToArray(), read.Salt.ToArray());

        Assert.False(SrtpMasterKey.TryParseInline(SrtpProfile.AeadAes128Gcm, key.ToInline(), out _));
        Assert.False(SrtpMasterKey.TryParseInline(SrtpProfile.Aes128CmSha1Tag80, "not base64!", out _));
        Assert.False(SrtpMasterKey.TryParseInline(SrtpProfile.Aes128CmSha1Tag80, new string('A', 400), out _));
    }
}
