using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Gateway.Net.Ldap;
using Gateway.Net.Location;
using Gateway.Server.Ports;
using Gateway.Testing;

namespace Gateway.Net.Tests.Location;

/// <summary>The directory as a source, against a real OpenLDAP server; and against ones that are dead, stopped or no directory at all.</summary>
[Row(57)]
public sealed class LdapClientTests
{
    private const string People = """
        dn: ou=people,dc=example,dc=org
        objectClass: organizationalUnit
        ou: people

        dn: uid=ada,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: ada
        cn: Ada
        sn: Lovelace
        telephoneNumber: +4930123451
        mobile: +49 (0)170 1234-567
        labeledURI: sip:ada@voip.example

        dn: uid=bob,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: bob
        cn: Bob
        sn: Builder
        mail: bob@example.org
        telephoneNumber: 201

        dn: uid=twin1,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: twin1
        cn: T
        sn: T
        telephoneNumber: +4930999
        mobile: 301

        dn: uid=twin2,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: twin2
        cn: T
        sn: T
        telephoneNumber: +4930999
        mobile: 302

        dn: uid=odd,ou=people,dc=example,dc=org
        objectClass: inetOrgPerson
        uid: o(d*d\
        cn: Odd
        sn: Odd
        mobile: 401

        """;

    [Theory]
    [InlineData("ldaps")]
    [InlineData("starttls")]
    [InlineData("ldap")]
    [Rfc(4511, "4.5.1")]
    public async Task A_real_directory_says_where_a_number_and_a_user_are(string way)
    {
        await using var slapd = await Slapd.StartAsync(People);
        var client = new LdapClient(Options(slapd) with
        {
            LdapServer = way == "ldaps" ? $"ldaps://127.0.0.1:{slapd.TlsPort}" : $"ldap://127.0.0.1:{slapd.Port}",
            LdapStartTls = way == "starttls",
        });
        Assert.Equal("sip:ada@voip.example, +491701234567", Show(await AskAsync(client, "03012 3451", "+4930123451")));
        Assert.Equal("201", Show(await AskAsync(client, "bob")));
        Assert.Equal("201", Show(await AskAsync(client, "BOB")));
        Assert.Equal("NotFound", Show(await AskAsync(client, "nobody")));
        // What was asked for is no answer to it.
        Assert.Equal("NotFound", Show(await AskAsync(client, "201")));
        var two = await AskAsync(client, "0930999", "+4930999");
        Assert.Equal("NotFound", Show(two));
        Assert.Equal("more than one entry fits, so none is used: make the filter exact", Assert.Single(two.Steps));
    }

    /// <summary>Each would find somebody, or break the search, if it became part of the filter's text.</summary>
    [Fact]
    [Rfc(4515, "3")]
    [Threat(22)]
    public async Task Whatever_is_dialled_is_a_value_and_never_a_part_of_the_filter()
    {
        await using var slapd = await Slapd.StartAsync(People);
        var client = new LdapClient(Options(slapd));
        foreach (var dialled in (string[])["*", "a*", "ada)(uid=*", "*)(|(uid=*", "ada\\", "\\2a", "ada\0", "{domain}", "{user}", "o(d\\2ad\\5c"])
        {
            Assert.Equal((dialled, "NotFound"), (dialled, Show(await AskAsync(client, dialled))));
        }

        Assert.Equal("401", Show(await AskAsync(client, "o(d*d\\")));
    }

    [Fact]
    public async Task What_is_wrong_is_said_in_words_that_an_operator_can_use()
    {
        await using var slapd = await Slapd.StartAsync(People);
        var good = Options(slapd);
        var wrong = Path.GetTempFileName();
        await File.WriteAllTextAsync(wrong, "wrong");
        Assert.Equal("the directory does not accept the user or password", await FailureAsync(good with { LdapPasswordFile = wrong }));
        Assert.StartsWith("the directory refused the search (code 32", await FailureAsync(good with { LdapBase = "dc=elsewhere" }), StringComparison.Ordinal);
        Assert.StartsWith("the certificate of 127.0.0.1 is not accepted", await FailureAsync(good with { LdapCertificates = "" }), StringComparison.Ordinal);
        Assert.StartsWith("the certificate of localhost is not accepted", await FailureAsync(good with { LdapServer = $"ldaps://localhost:{slapd.TlsPort}" }), StringComparison.Ordinal);
        await slapd.KillAsync();
        Assert.Equal($"127.0.0.1:{slapd.TlsPort} cannot be reached (ConnectionRefused)", await FailureAsync(good));
        File.Delete(wrong);
    }

    [Fact]
    public async Task A_directory_that_restarts_or_hangs_costs_a_question_its_time_and_is_used_again_when_it_is_back()
    {
        await using var slapd = await Slapd.StartAsync(People);
        var client = new LdapClient(Options(slapd));
        Assert.Equal("201", Show(await AskAsync(client, "bob")));
        await slapd.KillAsync();
        await slapd.RunAsync();
        // The connection that was kept is dead, and nobody notices.
        Assert.Equal("201", Show(await AskAsync(client, "bob")));

        await slapd.SignalAsync("STOP");
        var watch = Stopwatch.StartNew();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AskAsync(client, "ada", patience: TimeSpan.FromMilliseconds(500)));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        await slapd.SignalAsync("CONT");
        Assert.StartsWith("sip:ada@voip.example", Show(await AskAsync(client, "ada")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("\x30\x84\x7f\xff\xff\xff")]
    [InlineData("\x30\x80\x02\x01\x01")]
    [InlineData("\x30\x0c\x02\x01\x01\x61\x07\x0a\x01")]
    [InlineData("\x30\x02\x02\x00")]
    [InlineData("")]
    public async Task A_server_that_is_no_directory_is_a_failure_and_nothing_else(string says)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = Task.Run(async () =>
        {
            using var socket = await listener.AcceptSocketAsync();
            await socket.ReceiveAsync(new byte[1024]);
            await socket.SendAsync(System.Text.Encoding.Latin1.GetBytes(says));
            socket.Shutdown(SocketShutdown.Send);
            await socket.ReceiveAsync(new byte[1024]);
        });
        var client = new LdapClient(new LocationOptions { LdapServer = $"ldap://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}" });
        var answer = await AskAsync(client, "ada");
        Assert.Equal(LocationOutcome.Failed, answer.Outcome);
        Assert.NotEqual("", answer.Detail);
        await serving.WaitAsync(TimeSpan.FromSeconds(10));
    }

    private static LocationOptions Options(Slapd slapd) => new()
    {
        Sources = ["ldap"], LdapServer = $"ldaps://127.0.0.1:{slapd.TlsPort}", LdapUser = Slapd.User, LdapPasswordFile = slapd.PasswordFile,
        LdapBase = "ou=people," + Slapd.Base, LdapCertificates = slapd.Authorities, LdapAddressAttributes = ["labeledURI"], LdapNumberAttributes = ["mobile", "telephoneNumber"],
    };

    private static async Task<string> FailureAsync(LocationOptions options)
    {
        var answer = await AskAsync(new LdapClient(options), "ada");
        Assert.Equal(LocationOutcome.Failed, answer.Outcome);
        return answer.Detail;
    }

    private static async Task<LocationAnswer> AskAsync(LdapClient client, string user, string? e164 = null, TimeSpan? patience = null)
    {
        using var life = new CancellationTokenSource(patience ?? TimeSpan.FromSeconds(20));
        return await client.AskAsync(new LocationQuestion(user, e164, "example.org", "x@example.org"), life.Token);
    }

    private static string Show(LocationAnswer answer) => answer.Outcome == LocationOutcome.Found ? string.Join(", ", answer.Targets) : answer.Outcome == LocationOutcome.Failed ? answer.Detail : "NotFound";
}
