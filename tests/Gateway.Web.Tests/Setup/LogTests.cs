using Gateway.Testing;
using Gateway.Web.Setup;

namespace Gateway.Web.Tests.Setup;

public sealed class LogTests
{
    [Fact, Threat(39)]
    public void Text_from_outside_stays_on_its_line()
    {
        using var writer = new StringWriter();

        Logs.LineFormatter.Escape(writer, "From: a\r\nfake line\u001b[2J\u0000\u009b");

        Assert.Equal(@"From: a\x0d\x0afake line\x1b[2J\x00\x9b", writer.ToString());
    }
}
