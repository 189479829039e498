using Gateway.Testing;

namespace Gateway.Interop.Tests.Torture;

/// <summary>RFC 4475 and RFC 5118 against the gateway as a user starts it: message × transport, none left out.</summary>
public sealed class TortureTableTests(TortureRun run) : IClassFixture<TortureRun>
{
    public static TheoryData<string, string> Messages
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var row in TortureTable.Rows)
            {
                foreach (var transport in TortureRun.Transports)
                {
                    data.Add(row.Name, transport);
                }
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Messages)), Row(62), Row(63), Row(64), Row(61), Threat(14), Threat(17), Threat(20), Threat(32)]
    [Rfc(4475, "3"), Rfc(5118, "4")]
    public void Torture_message(string name, string transport)
    {
        var row = TortureTable.Rows.Single(row => row.Name == name);
        var (outcome, answer) = run.Of(name, transport);

        Assert.True(row.Allows(transport, outcome), $"{outcome} where RFC {row.Section} allows: {row.Allowed(transport)} ({row.Meaning})\n{answer}");
    }

    [Fact, Row(62)]
    public void Every_message_of_the_archives_stands_in_the_table()
    {
        var files = Directory.EnumerateFiles(TortureTable.Folder, "*.dat", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(TortureTable.Folder, file)[..^4]);

        Assert.Equal(files.Order(StringComparer.Ordinal), TortureTable.Rows.Select(row => row.Name).Order(StringComparer.Ordinal));
        Assert.Equal(50 + 12, TortureTable.Rows.Count);
        Assert.True(run.IsAlive, run.Log);
    }

    [Theory, Rfc(4475, "3.3.5")]
    [InlineData("TCP")]
    [InlineData("TLS")]
    [InlineData("UDP")]
    public void The_420_lists_what_is_not_supported(string transport)
    {
        var answer = run.Of("bext01", transport).Answer;

        Assert.Contains("Unsupported: nothingSupportsThis\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("Unsupported: nothingSupportsThisEither\r\n", answer, StringComparison.Ordinal);
    }

    [Theory, Rfc(4475, "3.3.12"), Rfc(4475, "3.3.13")]
    [InlineData("cparam01", "<sip:+19725552222@gw1.example.net>;", "unknownparam")]
    [InlineData("cparam02", "<sip:+19725552222@gw1.example.net;unknownparam>", "")]
    public void A_binding_comes_back_as_it_was_registered(string name, string contact, string parameter)
    {
        foreach (var transport in (string[])["UDP", "TCP", "TLS"])
        {
            var answer = run.Of(name, transport).Answer;

            Assert.Contains(contact, answer, StringComparison.Ordinal);
            Assert.Contains(parameter, answer, StringComparison.Ordinal);
        }
    }
}
