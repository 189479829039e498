using System.Net;
using System.Text;
using Gateway.Server.Accounts;
using Gateway.Server.Calls;
using Gateway.Server.Dispatch;
using Gateway.Server.Proxy;
using Gateway.Server.Registrar;
using Gateway.Sip;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Proxy;

/// <summary>
/// A gateway of one or three loops between phones that write SIP by hand. A message goes to the loop that the map names, what
/// is sent lands in the inbox of the phone on its flow, and all clocks move together.
/// </summary>
internal sealed class ProxyRig
{
    private readonly List<CoreHarness> _cores = [];
    private readonly List<ProxyPhone> _phones = [];
    private readonly LoopMap _map;

    public ProxyRig(ServerOptions? options = null, int loops = 1, FakeNextHops? nextHops = null, FakeConnector? connector = null)
    {
        options ??= new ServerOptions { CallMode = CallMode.Proxy, RecordRoute = RecordRouteMode.Always };
        var accounts = new AccountDirectory();
        var flows = new FlowAccounts();
        var bindings = new BindingDirectory();
        _map = new LoopMap(loops, accounts);
        for (var loop = 0; loop < loops; loop++)
        {
            _cores.Add(new CoreHarness(options, loop, accounts, flows, nextHops: nextHops, connector: connector, bindings: bindings, map: _map));
            _cores[^1].Core.Proxy.Faulted = Faults.Add;
            _cores[^1].Core.Calls.Faulted = Faults.Add;
        }
    }

    public List<Exception> Faults { get; } = [];

    public CoreHarness Core => _cores[0];

    public IReadOnlyList<CoreHarness> Cores => _cores;

    public IEnumerable<CallRecord> Ended => _cores.SelectMany(core => core.CallLog.Ended);

    public TimeSpan Now => Core.Now;

    public IEnumerable<ProxyPhone> Phones => _phones;

    /// <summary>True when the message that passes now is lost, in either direction.</summary>
    public Func<bool> Loses { get; set; } = static () => false;

    /// <summary>Sees every message that a phone sends.</summary>
    public event Action<Flow, byte[]>? Said;

    /// <summary>Everything that was sent, in order.</summary>
    public List<SentMessage> Wire { get; } = [];

    /// <summary>A phone that is registered.</summary>
    /// <param name="at">Where its packets come from.</param>
    /// <param name="contact">What it registers; null for that address.</param>
    public ProxyPhone Phone(string user, string at, SipTransport transport = SipTransport.Udp, string? contact = null, double q = 1, string parameters = "")
    {
        var phone = Stranger(user, at, transport, contact);
        if (!Core.Accounts.TryGet(user, out _))
        {
            Core.AddAccount(user);
        }

        phone.Register(q, parameters);
        return phone;
    }

    /// <summary>A phone that nobody knows.</summary>
    public ProxyPhone Stranger(string user, string at, SipTransport transport = SipTransport.Udp, string? contact = null)
    {
        var connection = transport == SipTransport.Udp ? 0 : 1 + _phones.Count;
        var phone = new ProxyPhone(this, user, new Flow(transport, IPEndPoint.Parse(at), transport == SipTransport.Udp ? 0 : -1, connection), contact);
        _phones.Add(phone);
        return phone;
    }

    public void Receive(Flow flow, string text) => Receive(flow, Encoding.UTF8.GetBytes(CoreHarness.Wire(text)));

    public void Receive(Flow flow, byte[] bytes)
    {
        Said?.Invoke(flow, bytes);
        if (Loses())
        {
            return;
        }

        var good = new SipParser().TryParse(bytes, stream: false, out var message, out _);
        var loop = good ? _map.LoopOf(message!) : 0;
        message?.Return();
        _cores[loop].Receive(bytes, flow);
        Deliver();
    }

    public void Advance(TimeSpan by)
    {
        var end = Now + by;
        while (true)
        {
            var next = _cores.Select(core => core.Services.Timers.NextDeadline).Where(due => due is not null).Min();
            var to = next is { } due && due <= end ? due < Now ? Now : due : end;
            foreach (var core in _cores)
            {
                core.Advance(to - core.Now);
            }

            Deliver();
            if (to >= end && (next is null || next > end))
            {
                return;
            }
        }
    }

    public void Close(ProxyPhone phone)
    {
        foreach (var core in _cores)
        {
            core.CloseFlow(phone.Flow);
        }

        Deliver();
    }

    /// <summary>Everything that must be true when all is over and every timer has run out.</summary>
    public void AssertNothingIsLeft()
    {
        Advance(TimeSpan.FromHours(13));
        Assert.Empty(Faults);
        foreach (var core in _cores)
        {
            Assert.Equal(0, core.Core.Proxy.ContextCount);
            Assert.Equal(0, core.Core.Proxy.CallCount);
            Assert.Equal(0, core.Core.Calls.Count);
            Assert.Equal(0, core.Core.Transactions.ClientCount);
            Assert.Equal(0, core.Core.Transactions.ServerCount);
            Assert.Equal(0, core.Services.Timers.Count);
            Assert.All(core.CallLog.Started, start => Assert.Contains(core.CallLog.Ended, end => end.Id == start.Id));
            Assert.All(core.CallLog.Ended, record => Assert.NotEqual("", record.EndReason));
            Assert.Equal(core.CallLog.Ended.Count, core.CallLog.Ended.Select(record => record.Id).Distinct().Count());
        }
    }

    private void Deliver()
    {
        foreach (var core in _cores)
        {
            foreach (var sent in core.TakeAll())
            {
                if (Loses())
                {
                    continue;
                }

                Wire.Add(sent);
                _phones.Find(phone => phone.Hears(sent.Flow))?.Inbox.Add(sent);
            }
        }
    }
}
