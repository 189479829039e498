using Gateway.Server.Trunks;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Trunks;

/// <summary>How a trunk is watched: what counts as life, when it is down, when it is back, and that silence is not answered with noise.</summary>
public sealed class QualifyTests
{
    private readonly TrunkRig _rig = new();

    private static Trunk Trunk { get; } = TrunkRig.Peer with { QualifySeconds = 30 };

    private TrunkStatus Status => _rig.Status(Trunk);

    private SentMessage Ask() => _rig.Await(TimeSpan.FromSeconds(40)).Request;

    private void Answer(int status) => _rig.Answer(Ask(), status);

    [Fact, Rfc(3261, "11.1"), Row(18)]
    public void A_trunk_that_answers_is_up_and_asked_again_after_its_interval()
    {
        _rig.Configure(Trunk);
        var request = _rig.TakeOnly(SipMethod.Options);
        Assert.StartsWith("OPTIONS sip:192.0.2.5 SIP/2.0", request.Text, StringComparison.Ordinal);
        _rig.Core.Advance(TimeSpan.FromMilliseconds(37));
        _rig.Answer(request, 200);

        Assert.Equal(TrunkState.Up, Status.State);
        Assert.Equal(TimeSpan.FromMilliseconds(37), Status.RoundTrip);
        var (next, after) = _rig.Await(TimeSpan.FromSeconds(40));
        Assert.Equal(SipMethod.Options, next.Request.Method);
        Assert.InRange(after.TotalSeconds, 27, 33.1);
    }

    [Theory, Rfc(3261, "11.2")]
    [InlineData(404)]
    [InlineData(401)]
    [InlineData(405)]
    [InlineData(480)]
    [InlineData(500)]
    [InlineData(603)]
    public void Any_answer_is_life(int status)
    {
        _rig.Configure(Trunk);
        Answer(status);

        Assert.Equal(TrunkState.Up, Status.State);
    }

    [Fact]
    public void Three_refusals_in_a_row_take_it_out_and_two_answers_bring_it_back()
    {
        _rig.Configure(Trunk);
        Answer(200);
        Answer(503);
        Assert.Equal((TrunkState.Up, 1), (Status.State, Status.FailuresInARow));
        Answer(503);
        Assert.Equal(TrunkState.Up, Status.State);
        Answer(503);
        Assert.Equal(TrunkState.Down, Status.State);
        Assert.Equal("503 Service Unavailable from 192.0.2.5:5060 (UDP) to OPTIONS", Status.LastReason);
        Answer(200);
        Assert.Equal(TrunkState.Down, Status.State);
        Answer(200);
        Assert.Equal((TrunkState.Up, ""), (Status.State, Status.LastReason));
    }

    [Fact]
    public void A_flapping_trunk_stays_where_it_is()
    {
        _rig.Configure(Trunk);
        Answer(200);
        for (var i = 0; i < 10; i++)
        {
            Answer(503);
            Answer(503);
            Answer(200);
            Assert.Equal(TrunkState.Up, Status.State);
        }
    }

    [Fact, Rfc(3261, "17.1.2.2"), Rfc(4320, "4.2")]
    public void A_silent_trunk_is_down_within_twelve_seconds_and_gets_one_question_at_a_time()
    {
        _rig.Configure(Trunk);
        Answer(200);
        var question = Ask();
        _rig.Core.Advance(TimeSpan.FromSeconds(12));

        Assert.Equal(TrunkState.Down, Status.State);
        Assert.Equal("no answer from 192.0.2.5:5060 (UDP) to OPTIONS", Status.LastReason);
        _rig.AssertQuiet();
        Assert.Equal(1, _rig.Core.Core.Transactions.ClientCount);
        _rig.Answer(question, 200);
        Assert.Equal(1, Status.SuccessesInARow);
    }

    [Fact, Rfc(3263, "4.3")]
    public void One_living_address_of_several_is_enough()
    {
        _rig.Names.Set("pbx.example", "192.0.2.5:5060", "192.0.2.6:5060");
        _rig.Configure(Trunk with { Host = "pbx.example" });
        _rig.TakeOnly(SipMethod.Options);
        var (second, after) = _rig.Await(TimeSpan.FromSeconds(5));
        Assert.Equal("192.0.2.6:5060", second.Flow.Remote.ToString());
        Assert.InRange(after.TotalSeconds, 3.9, 4.2);
        _rig.Answer(second, 200);

        Assert.Equal((TrunkState.Up, 0), (Status.State, Status.FailuresInARow));
    }

    [Fact, Row(26)]
    public void Calls_that_fail_count_and_make_it_ask_at_once()
    {
        _rig.Configure(Trunk);
        Answer(200);
        _rig.Board.CallFailed(Trunk.Id, "no answer from 192.0.2.5:5060 (UDP)", _rig.Core.UtcNow);
        _rig.Core.RunPosted();

        Assert.Equal(1, Status.FailuresInARow);
        _rig.Answer(_rig.TakeOnly(SipMethod.Options), 200);
        Assert.Equal((0, ""), (Status.FailuresInARow, Status.LastReason));
    }

    [Fact]
    public void Calls_alone_take_a_trunk_out_that_is_not_asked_and_after_a_minute_it_gets_another_chance()
    {
        _rig.Configure(Trunk with { QualifySeconds = 0 });
        for (var i = 0; i < 3; i++)
        {
            _rig.Board.CallFailed(Trunk.Id, "silent", _rig.Core.UtcNow);
        }

        _rig.Core.RunPosted();
        Assert.False(_rig.Board.IsUsable(Trunk.Id));
        _rig.Core.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(TrunkState.Unknown, Status.State);
        _rig.Board.CallSucceeded(Trunk.Id, _rig.Core.UtcNow);
        Assert.Equal(TrunkState.Up, Status.State);
    }

    [Fact]
    public void A_refused_registration_is_down_whatever_it_answers()
    {
        _rig.Configure(TrunkRig.Registering with { QualifySeconds = 30 });
        foreach (var request in new[] { _rig.Core.Take(), _rig.Core.Take() })
        {
            _rig.Answer(request, request.Request.Method == SipMethod.Options ? 200 : 403);
        }

        var status = _rig.Status(TrunkRig.Registering);
        Assert.Equal((TrunkState.Down, TrunkState.Up, true), (status.State, status.Reach, status.IsRefused));
        Assert.StartsWith("403 Forbidden", status.LastReason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trunk_that_goes_leaves_no_timer_and_no_status()
    {
        _rig.Configure(Trunk);
        Answer(200);
        _rig.Configure();
        _rig.Core.Advance(TimeSpan.FromSeconds(60));

        Assert.Equal(0, _rig.Core.Services.Timers.Count);
        Assert.Equal(new TrunkStatus().State, Status.State);
    }

    [Fact]
    public void The_figures_tell_how_many_trunks_are_up_and_down()
    {
        var board = new TrunkBoard();
        board.Update(Guid.NewGuid(), status => TrunkHealth.Succeeded(status, default));
        board.Update(Guid.NewGuid(), status => TrunkHealth.Succeeded(status, default));
        board.Update(Guid.NewGuid(), status => TrunkHealth.Refused(status, "no", default));

        Assert.Equal([(TrunkState.Unknown, 0), (TrunkState.Up, 2), (TrunkState.Down, 1)], board.CountStates());
    }
}
