using Gateway.Media.Dtls;
using Gateway.Media.Srtp;
using Gateway.Net.Dtls;
using Gateway.Testing;

namespace Gateway.Net.Tests.Dtls;

public sealed class OpenSslDtlsTests : IDisposable
{
    private readonly DtlsIdentity _a = new();
    private readonly DtlsIdentity _b = new();

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
    }

    [Fact]
    [Rfc(5764, "4.2")]
    [Row(72)]
    public void Both_ends_get_the_same_keys_and_prefer_gcm()
    {
        using var pair = new DtlsPair(_a, _b);
        pair.Start();
        pair.Pump();

        Assert.Equal(DtlsState.Connected, pair.Server.State);
        Assert.Equal(DtlsState.Connected, pair.Client.State);
        Assert.True(pair.Server.TryTakeKeys(out var server));
        Assert.True(pair.Client.TryTakeKeys(out var client));
        Assert.Equal(SrtpProfile.AeadAes128Gcm, server!.Profile);
        Assert.Equal(server.Client.Key.ToArray(), client!.Client.Key.ToArray());
        Assert.Equal(server.Server.Key.ToArray(), client.Server.Key.ToArray());
        Assert.Equal(server.Server.Salt.ToArray(), client.Server.Salt.ToArray());
        Assert.NotEqual(server.Client.Key.ToArray(), server.Server.Key.ToArray());
        Assert.False(pair.Server.TryTakeKeys(out _), "keys leave once");
    }

    [Fact]
    [Rfc(5764, "4.1.2")]
    public void A_peer_without_gcm_gets_counter_mode()
    {
        using var old = new DtlsIdentity("SRTP_AES128_CM_SHA1_80");
        using var pair = new DtlsPair(_a, old);
        pair.Start();
        pair.Pump();

        Assert.True(pair.Server.TryTakeKeys(out var keys));
        Assert.Equal(SrtpProfile.Aes128CmSha1Tag80, keys!.Profile);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Rfc(8122, "6.2")]
    [Threat(4)]
    public void A_wrong_fingerprint_fails_and_no_key_leaves(bool serverIsDeceived)
    {
        using var pair = new DtlsPair(_a, _b);
        pair.Start();
        var deceived = serverIsDeceived ? pair.Server : pair.Client;
        deceived.ExpectPeer([serverIsDeceived ? _a.Fingerprint : _b.Fingerprint], DtlsPair.Now);
        pair.Pump();

        Assert.Equal(DtlsState.Failed, deceived.State);
        Assert.Equal(DtlsFailure.FingerprintMismatch, deceived.Failure);
        Assert.False(deceived.TryTakeKeys(out _));
    }

    [Fact]
    [Rfc(8122, "6.2")]
    [Threat(4)]
    public void No_fingerprint_at_all_fails()
    {
        using var pair = new DtlsPair(_a, _b);
        pair.Start();
        pair.Server.ExpectPeer([], DtlsPair.Now);
        pair.Pump();
        Assert.Equal(DtlsFailure.FingerprintMismatch, pair.Server.Failure);
    }

    [Fact]
    [Threat(4)]
    public void Keys_wait_for_a_fingerprint_that_comes_after_the_handshake()
    {
        using var pair = new DtlsPair(_a, _b);
        pair.Client.ExpectPeer([_a.Fingerprint], DtlsPair.Now);
        pair.Server.Start(DtlsRole.Server, DtlsPair.Now);
        pair.Client.Start(DtlsRole.Client, DtlsPair.Now);
        pair.Pump();
        Assert.Equal(DtlsState.Handshaking, pair.Server.State);
        Assert.False(pair.Server.TryTakeKeys(out _));

        pair.Server.ExpectPeer([_b.Fingerprint], DtlsPair.Now);
        Assert.Equal(DtlsState.Connected, pair.Server.State);
        Assert.True(pair.Server.TryTakeKeys(out _));
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    [InlineData(false, 3)]
    [Rfc(6347, "4.2.4")]
    public void Lost_flights_are_sent_again_within_tenths_of_a_second(bool towardServer, int lost)
    {
        using var pair = new DtlsPair(_a, _b);
        pair.Drop = (toServer, number) => toServer == towardServer && number < lost;
        pair.Start();
        var began = DtlsPair.Now;

        Assert.True(pair.PumpUntil(
            () => pair.Server.State == DtlsState.Connected && pair.Client.State == DtlsState.Connected, TimeSpan.FromSeconds(5)));
        Assert.True(DtlsPair.Now - began < TimeSpan.FromSeconds(1.5), "the timer of one second is not the one in use");
    }

    [Fact]
    [Rfc(6347, "4.2.4")]
    public void The_last_flight_is_sent_again_when_the_client_repeats_its_own()
    {
        using var pair = new DtlsPair(_a, _b);
        pair.Start();
        var dropping = true;
        pair.Drop = (toServer, _) => !toServer && dropping && pair.Server.State == DtlsState.Connected;
        pair.Pump();
        Assert.Equal(DtlsState.Connected, pair.Server.State);
        Assert.Equal(DtlsState.Handshaking, pair.Client.State);

        dropping = false;
        Assert.True(pair.PumpUntil(() => pair.Client.State == DtlsState.Connected, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    [Threat(1)]
    [Rfc(6347, "4.1.2.7")]
    public void Garbage_before_the_handshake_does_not_end_it()
    {
        using var pair = new DtlsPair(_a, _b);
        pair.Start();
        var random = new Random(7);
        var garbage = new byte[300];
        for (var i = 0; i < 300; i++)
        {
            random.NextBytes(garbage);
            garbage[0] = 22; // looks like a handshake record
            garbage[1] = 0xFE;
            garbage[2] = 0xFD;
            garbage.AsSpan(3, 8).Clear();
            garbage[11] = 1;
            garbage[12] = 31; // 300 - 13
            if ((i & 1) == 0)
            {
                garbage[13] = 1; // and like a ClientHello, whole, of nonsense
                garbage.AsSpan(14, 11).Clear();
                garbage[15] = garbage[23] = 1;
                garbage[16] = garbage[24] = 19;
            }

            pair.Server.Receive(garbage, DtlsPair.Now);
            pair.Client.Receive(garbage, DtlsPair.Now);
        }

        Assert.True(pair.PumpUntil(
            () => pair.Server.State == DtlsState.Connected && pair.Client.State == DtlsState.Connected, TimeSpan.FromSeconds(5)));
    }

    [Fact]
    [Threat(1)]
    public void Forged_alerts_and_garbage_do_not_end_a_connected_association()
    {
        using var pair = new DtlsPair(_a, _b);
        pair.Start();
        byte[] fatalAlert = [21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40];
        pair.Server.Receive(fatalAlert, DtlsPair.Now);
        pair.Pump();
        pair.Server.Receive(fatalAlert, DtlsPair.Now);
        pair.Server.Receive([21, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0], DtlsPair.Now); // epoch 1, not encrypted
        pair.Server.Receive([23, 0xFE, 0xFD], DtlsPair.Now);
        pair.Server.Receive([], DtlsPair.Now);
        Assert.Equal(DtlsState.Connected, pair.Server.State);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Rfc(5246, "7.2.1")]
    public void Close_notify_reaches_the_other_end(bool serverCloses)
    {
        using var pair = new DtlsPair(_a, _b);
        pair.Start();
        pair.Pump();
        var (closer, other) = serverCloses ? (pair.Server, pair.Client) : (pair.Client, pair.Server);
        closer.Close(DtlsPair.Now);
        pair.Pump();
        Assert.Equal(DtlsState.Closed, closer.State);
        Assert.Equal(DtlsState.Closed, other.State);
    }

    [Fact]
    [Rfc(8122, "5")]
    public void The_fingerprint_of_each_process_start_is_its_own()
    {
        Assert.StartsWith("sha-256 ", _a.Fingerprint.ToString(), StringComparison.Ordinal);
        Assert.Equal(Fingerprint.OfCertificate(_a.Certificate), _a.Fingerprint);
        Assert.NotEqual(_a.Fingerprint, _b.Fingerprint);
    }
}
