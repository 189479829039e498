using Gateway.Server.Registrar;
using Gateway.Testing;
using Gateway.Testing.Server;

namespace Gateway.Server.Tests.Registrar;

/// <summary>What those hear who watch an AOR: each change once, after the table holds it (RFC 3680).</summary>
public sealed class BindingNewsTests
{
    private readonly CoreHarness _core = new();
    private readonly List<string> _heard = [];
    private readonly TestPhone _phone;

    public BindingNewsTests()
    {
        _core.AddAccount("ada");
        _phone = new TestPhone(_core, "ada", CoreHarness.Udp());
        _core.Core.Bindings.Changed += news => _heard.Add(
            $"{news.Aor} {string.Join(",", news.News.Select(one => $"{one.Event}:{one.Binding.Contact.Host}"))} {_core.Core.Bindings.Get(news.Aor).Count}");
    }

    private void Register(string contacts) => Assert.Equal(200, _phone.Send("REGISTER", "sip:gw.example", contacts).Status);

    [Fact, Rfc(3680, "5.1"), Row(59)]
    public void Each_change_is_told_once_and_what_one_request_does_is_told_as_one()
    {
        Register("Contact: <sip:ada@198.51.100.1>;expires=60, <sip:ada@198.51.100.2>");
        Register("Contact: <sip:ada@198.51.100.1>;expires=60, <sip:ada@198.51.100.2>;expires=0");
        Register("Expires: 60");
        _core.Advance(TimeSpan.FromSeconds(60));
        Register("Contact: <sip:ada@198.51.100.3>");
        _core.Core.RemoveBindings("ada@gw.example");

        Assert.Equal(
            [
                "ada@gw.example Registered:198.51.100.1,Registered:198.51.100.2 2",
                "ada@gw.example Refreshed:198.51.100.1,Unregistered:198.51.100.2 1",
                "ada@gw.example Expired:198.51.100.1 0",
                "ada@gw.example Registered:198.51.100.3 1",
                "ada@gw.example Deactivated:198.51.100.3 0",
            ],
            _heard);
    }
}
