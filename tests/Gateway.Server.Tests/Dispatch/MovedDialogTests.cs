using Gateway.Server.Calls;
using Gateway.Server.Dispatch;
using Gateway.Server.Ports;
using Gateway.Sip;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Dispatch;

/// <summary>Dialogs that live on another loop than their tags say.</summary>
public sealed class MovedDialogTests
{
    private sealed class OtherLoops : ILoopNeighbours
    {
        public List<(int Loop, string Method)> Forwarded { get; } = [];

        public bool Post(int loop, Action<CallManager, TimeSpan> work) => true;

        public void Forward(int loop, SipMessage message, in Flow flow)
        {
            Forwarded.Add((loop, ((SipRequest)message).Method.ToString()));
            message.Return();
        }
    }

    [Fact, Row(17), Rfc(3261, "12.2.2")]
    public void A_request_that_was_on_its_way_to_the_old_loop_follows_its_dialog()
    {
        var others = new OtherLoops();
        var core = new CoreHarness(neighbours: others);
        core.AddAccount("ada");
        var phone = new TestPhone(core, "ada", CoreHarness.Udp());
        core.Services.Map.Moved.Add("moved", 2);

        core.Receive(phone.Request("BYE", "sip:gw@192.0.2.1", to: "<sip:gw@192.0.2.1>;tag=moved"), phone.Flow);
        Assert.Equal([(2, "Bye")], others.Forwarded);
        Assert.Empty(core.Sent);

        core.Services.Map.Moved.Remove("moved");
        core.Receive(phone.Request("BYE", "sip:gw@192.0.2.1", to: "<sip:gw@192.0.2.1>;tag=moved"), phone.Flow);
        Assert.Equal(481, core.TakeOnly().Status);
    }

    [Fact]
    public void The_table_knows_the_last_loop_and_forgets_what_is_over()
    {
        var moved = new MovedDialogs();
        Assert.Null(moved.Find("a"u8));
        moved.Add("a", 1);
        moved.Add("a", 3);
        Assert.Equal((3, 1), (moved.Find("a"u8), moved.Count));
        moved.Remove("b");
        moved.Remove("a");
        moved.Remove("a");
        Assert.Equal((null, 0), (moved.Find("a"u8), moved.Count));
    }
}
