using System.Net;
using System.Text;
using Gateway.Media.Ice;
using Gateway.Media.Stun;
using Gateway.Testing;

namespace Gateway.Media.Tests.Ice;

public class IceLiteAgentTests
{
    private static readonly IcePath s_home = new(MediaAddress.From(IPAddress.Parse("192.0.2.10"), 50000));
    private static readonly IcePath s_mobile = new(MediaAddress.From(IPAddress.Parse("2001:db8::7"), 40000));

    private readonly IceLiteAgent _agent = new(new SeededRandom(1));
    private readonly byte[] _response = new byte[IceLiteAgent.MaxResponseLength];

    private delegate void Extra(ref StunWriter writer);

    [Fact]
    [Rfc(8445, "5.3")]
    public void Credentials_are_long_enough_and_of_ice_characters()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var made = IceCredentials.Create(new SeededRandom(seed), "L3");
            Assert.Matches("^L3[A-Za-z0-9+/]{6}$", made.Ufrag);
            Assert.Matches("^[A-Za-z0-9+/]{24}$", made.Password);
            Assert.DoesNotContain(made.Password, made.ToString(), StringComparison.Ordinal);
            Assert.True(IceCredentials.TryGetKey(Encoding.ASCII.GetBytes(made.Ufrag), out var key));
            Assert.Equal(made.Key, key);
        }
    }

    [Fact]
    [Rfc(8445, "7.3.1.2")]
    [Row(85)]
    public void A_check_is_answered_with_the_address_it_came_from()
    {
        var outcome = Check(s_home, seconds: 1);

        Assert.Equal(IceEvents.Checked | IceEvents.NewPath, outcome.Events);
        Assert.True(_agent.IsValid(s_home));
        Assert.False(_agent.IsValid(s_mobile));
        Assert.True(_agent.Selected.IsNone);
        Assert.Equal(StunError.None, StunMessage.TryParse(_response.AsSpan(0, outcome.ResponseLength), out var response));
        Assert.Equal(StunClass.Success, response.Class);
        Assert.True(response.HasFingerprint);
        using var password = new StunPassword(_agent.Local.Password);
        Assert.True(response.VerifyIntegrity(password));
        Assert.True(response.TryGetXorMappedAddress(out var mapped));
        Assert.Equal(s_home.Remote, mapped);
    }

    [Fact]
    [Rfc(8445, "8.1.1")]
    public void Nomination_selects_and_the_latest_one_counts()
    {
        Assert.Equal(IceEvents.Checked | IceEvents.NewPath, Check(s_home).Events);
        Assert.True(_agent.TryGetSendPath(out var path));
        Assert.Equal(s_home, path); // before any nomination: where the last check came from

        Assert.Equal(IceEvents.Checked | IceEvents.Selected, Check(s_home, nominate: true).Events);
        Assert.Equal(IceEvents.Checked, Check(s_home, nominate: true).Events);
        Assert.Equal(IceEvents.Checked | IceEvents.NewPath | IceEvents.Selected, Check(s_mobile, nominate: true).Events);
        Check(s_home);
        Assert.Equal(s_mobile, _agent.Selected);
        Assert.True(_agent.TryGetSendPath(out path));
        Assert.Equal(s_mobile, path);
    }

    [Fact]
    [Threat(9)]
    [Rfc(8445, "7.3.1.1")]
    public void A_peer_that_says_it_is_controlled_gets_a_role_conflict()
    {
        var outcome = Check(s_home, controlling: false, nominate: true);

        Assert.Equal(IceRefusal.RoleConflict, outcome.Refusal);
        AssertError(487, outcome, isSigned: true);
        Assert.Equal(0, _agent.PathCount);
        Assert.Null(_agent.LastCheckAt);
    }

    [Fact]
    [Threat(9)]
    [Rfc(8489, "9.1.3")]
    public void Without_the_right_password_nothing_changes()
    {
        Check(s_home, nominate: true, seconds: 1);
        var outcome = Check(s_mobile, nominate: true, password: "guess", seconds: 9);

        Assert.Equal(IceRefusal.BadIntegrity, outcome.Refusal);
        AssertError(401, outcome, isSigned: false);
        Assert.Equal(s_home, _agent.Selected);
        Assert.False(_agent.IsValid(s_mobile));
        Assert.Equal(TimeSpan.FromSeconds(1), _agent.LastCheckAt);
    }

    [Fact]
    [Threat(8)]
    [Threat(9)]
    public void An_unauthenticated_nomination_behind_the_integrity_does_not_count()
    {
        using var password = new StunPassword(_agent.Local.Password);
        var buffer = new byte[300];
        var writer = new StunWriter(buffer, StunClass.Request, StunMethod.Binding, new byte[12]);
        writer.AddUsername($"{_agent.Local.Ufrag}:peer");
        writer.AddRole(controlling: true, 1);
        writer.AddMessageIntegrity(password);
        writer.AddUseCandidate();
        writer.AddFingerprint();

        Assert.Equal(IceEvents.Checked | IceEvents.NewPath, _agent.Receive(buffer.AsSpan(0, writer.Length), s_home, default, _response).Events);
        Assert.True(_agent.Selected.IsNone);
    }

    [Theory]
    [InlineData("12345678:peer", IceRefusal.UnknownUser, 0)]
    [InlineData("short:peer", IceRefusal.UnknownUser, 0)]
    [InlineData("nocolon", IceRefusal.UnknownUser, 0)]
    [InlineData(null, IceRefusal.NoCredentials, 0)]
    public void Strangers_get_no_answer(string? username, IceRefusal expected, int length)
    {
        var outcome = Check(s_home, username: username ?? "");

        Assert.Equal(expected, outcome.Refusal);
        Assert.Equal(length, outcome.ResponseLength);
    }

    [Fact]
    public void A_known_peer_fragment_must_match()
    {
        _agent.SetRemoteUfrag("peer");
        Assert.Equal(IceRefusal.None, Check(s_home).Refusal);
        AssertError(401, Check(s_home, username: $"{_agent.Local.Ufrag}:other"), isSigned: false);
    }

    [Fact]
    [Rfc(8489, "6.3.1")]
    public void Unknown_required_attributes_get_420_with_their_types()
    {
        var outcome = Check(s_home, extra: (ref StunWriter w) => w.Add((StunAttribute)0x0077, new byte[4]));

        Assert.Equal(IceRefusal.UnknownAttributes, outcome.Refusal);
        AssertError(420, outcome, isSigned: true);
        Assert.Contains("000a00020077", Hex.Text(_response.AsSpan(0, outcome.ResponseLength)), StringComparison.Ordinal);
        Assert.Equal(0, _agent.PathCount);
    }

    [Fact]
    [Threat(13)]
    public void An_answer_is_no_amplifier()
    {
        var request = Request(out var length, "guess");
        var refused = _agent.Receive(request.AsSpan(0, length), s_home, default, _response);
        Assert.InRange(refused.ResponseLength, 1, length * 3 / 2);
        request = Request(out length, _agent.Local.Password);
        var accepted = _agent.Receive(request.AsSpan(0, length), s_mobile, default, _response);
        Assert.InRange(accepted.ResponseLength, 1, length * 3 / 2);
    }

    [Fact]
    [Rfc(7675, "5.1")]
    [Threat(9)]
    public void Consent_runs_out_on_the_path_that_is_sent_along()
    {
        var limit = TimeSpan.FromSeconds(30);
        Assert.False(_agent.IsSilent(TimeSpan.FromSeconds(100), limit));

        Check(s_home, nominate: true, seconds: 100);
        Check(s_mobile, seconds: 125);
        Assert.False(_agent.IsSilent(TimeSpan.FromSeconds(129.9), limit));
        Assert.True(_agent.IsSilent(TimeSpan.FromSeconds(130), limit));
        Check(s_mobile, nominate: true, seconds: 131);
        Assert.False(_agent.IsSilent(TimeSpan.FromSeconds(132), limit));
    }

    [Fact]
    [Rfc(8445, "9")]
    [Row(85)]
    public void A_restart_makes_before_it_breaks()
    {
        _agent.SetRemoteUfrag("peer");
        Check(s_home, nominate: true);
        var old = _agent.Local;

        var fresh = _agent.Restart();
        _agent.SetRemoteUfrag("peer2");
        Assert.NotEqual(old.Ufrag, fresh.Ufrag);
        Assert.Equal(IceEvents.Checked, Check(s_home, username: $"{old.Ufrag}:peer", password: old.Password).Events);
        Assert.Equal(IceRefusal.UnknownUser, Check(s_home, username: $"{fresh.Ufrag}:peer").Refusal);

        Assert.Equal(IceEvents.Checked | IceEvents.NewPath | IceEvents.Restarted, Check(s_mobile, username: $"{fresh.Ufrag}:peer2").Events);
        Assert.Equal(s_home, _agent.Selected);
        Assert.Equal(IceEvents.Checked, Check(s_home, username: $"{old.Ufrag}:peer", password: old.Password).Events);

        Assert.Equal(IceEvents.Checked | IceEvents.Selected, Check(s_mobile, username: $"{fresh.Ufrag}:peer2", nominate: true).Events);
        Assert.Null(_agent.PreviousLocal);
        Assert.Equal(IceRefusal.UnknownUser, Check(s_home, username: $"{old.Ufrag}:peer", password: old.Password).Refusal);
    }

    [Fact]
    public void A_second_restart_keeps_what_the_peer_uses()
    {
        Check(s_home, nominate: true);
        var used = _agent.Local;
        _agent.Restart();
        _agent.Restart();

        Assert.Equal(used, _agent.PreviousLocal);
        Assert.Equal(IceEvents.Checked, Check(s_home, username: $"{used.Ufrag}:peer", password: used.Password).Events);
    }

    [Fact]
    public void Paths_are_limited_and_the_selected_one_is_never_forgotten()
    {
        Check(s_home, nominate: true, seconds: 0);
        for (var i = 1; i < MediaLimits.IcePaths; i++)
        {
            Assert.True(Check(new IcePath(s_home.Remote.WithPort(i)), seconds: i).Forgotten.IsNone);
        }

        Assert.Equal(new IcePath(s_home.Remote.WithPort(1)), Check(s_mobile, seconds: 99).Forgotten);
        Assert.Equal(MediaLimits.IcePaths, _agent.PathCount);
        Assert.True(_agent.IsValid(s_home));
        Assert.False(_agent.IsValid(new IcePath(s_home.Remote.WithPort(1))));
    }

    [Fact]
    public void Responses_indications_and_other_methods_are_left_alone()
    {
        foreach (var type in new[] { "0101", "0111", "0011", "0003" })
        {
            var outcome = _agent.Receive(Hex.Bytes(type + "0000 2112a442 b7e7a701bc34d686fa87dfae"), s_home, default, _response);
            Assert.Equal(IceRefusal.NotACheck, outcome.Refusal);
            Assert.Equal(0, outcome.ResponseLength);
        }

        Assert.Equal(IceRefusal.Malformed, _agent.Receive(new byte[3], s_home, default, _response).Refusal);
    }

    [Fact]
    public void A_check_costs_no_allocation()
    {
        var request = Request(out var length, _agent.Local.Password);
        var wrong = Request(out var wrongLength, "guess");
        void Round()
        {
            for (var i = 0; i < 500; i++)
            {
                _agent.Receive(request.AsSpan(0, length), s_home, TimeSpan.FromSeconds(i), _response);
                _agent.Receive(wrong.AsSpan(0, wrongLength), s_home, TimeSpan.FromSeconds(i), _response);
            }
        }

        Round();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Round();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void AssertErrorCode(int code, ReadOnlySpan<byte> response, string? password)
    {
        Assert.Equal(StunError.None, StunMessage.TryParse(response, out var message));
        Assert.Equal(StunClass.Error, message.Class);
        Assert.Equal(code, message.ErrorCode);
        Assert.Equal(password is not null, message.HasIntegrity);
        if (password is not null)
        {
            using var key = new StunPassword(password);
            Assert.True(message.VerifyIntegrity(key));
        }
    }

    private void AssertError(int code, IceOutcome outcome, bool isSigned) =>
        AssertErrorCode(code, _response.AsSpan(0, outcome.ResponseLength), isSigned ? _agent.Local.Password : null);

    private IceOutcome Check(
        IcePath path, bool nominate = false, bool controlling = true, string? username = null, string? password = null, double seconds = 0, Extra? extra = null)
    {
        var request = Request(out var length, password ?? _agent.Local.Password, nominate, controlling, username, extra);
        return _agent.Receive(request.AsSpan(0, length), path, TimeSpan.FromSeconds(seconds), _response);
    }

    private byte[] Request(
        out int length, string password, bool nominate = false, bool controlling = true, string? username = null, Extra? extra = null)
    {
        using var key = new StunPassword(password);
        var buffer = new byte[300];
        var writer = new StunWriter(buffer, StunClass.Request, StunMethod.Binding, "transactions"u8);
        if (username != "")
        {
            writer.AddUsername(username ?? $"{_agent.Local.Ufrag}:peer");
        }

        extra?.Invoke(ref writer);
        writer.AddPriority(0x6e0001ff);
        writer.AddRole(controlling, 0x0102030405060708);
        if (nominate)
        {
            writer.AddUseCandidate();
        }

        writer.AddMessageIntegrity(key);
        writer.AddFingerprint();
        length = writer.Length;
        return buffer;
    }
}
