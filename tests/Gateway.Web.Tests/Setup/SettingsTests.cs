using System.Net;
using Gateway.Testing;
using Gateway.Web.Setup;
using Microsoft.Extensions.Configuration;

namespace Gateway.Web.Tests.Setup;

public sealed class SettingsTests
{
    [Fact]
    public void Values_of_every_kind_are_read()
    {
        var settings = Read(
            ("Gateway:Web:HttpsPort", "9443"), ("Gateway:Web:AllowedOrigins:0", "https://a.example"), ("Gateway:Web:StartPage", "false"),
            ("Gateway:Net:Listen", "127.0.0.1, ::1"), ("Gateway:Net:PublicAddress", "192.0.2.9"),
            ("Gateway:Net:DnsServers", "192.0.2.53,192.0.2.54:5353,2001:db8::53,[2001:db8::54]:54"),
            ("Gateway:Server:RingLimit", "00:00:05"), ("Gateway:Server:Realm", "example.org"));

        Assert.Equal(9443, settings.Web.HttpsPort);
        Assert.Equal(["https://a.example"], settings.Web.AllowedOrigins);
        Assert.False(settings.Web.StartPage);
        Assert.Equal([IPAddress.Loopback, IPAddress.IPv6Loopback], settings.Net.Listen);
        Assert.Equal(IPAddress.Parse("192.0.2.9"), settings.Net.PublicAddress);
        Assert.Equal("192.0.2.53:0 192.0.2.54:5353 [2001:db8::53]:0 [2001:db8::54]:54", string.Join(' ', settings.Net.DnsServers));
        Assert.Equal(TimeSpan.FromSeconds(5), settings.Server.RingLimit);
        Assert.Equal("example.org", settings.Server.Realm);
        Assert.Contains("192.0.2.9", settings.Server.Aliases);
        Assert.Contains("localhost", settings.Server.Aliases);
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_once_each_with_its_key()
    {
        var wrong = Assert.Throws<SettingsException>(() => Read(
            ("Gateway:Web:HttpsPort", "many"), ("Gateway:Web:HtpsPort", "1"), ("Gateway:Net:SipPort", "70000"), ("Gateway:Nett:SipPort", "1"),
            ("Gateway:Net:PublicAddress", "here"), ("Gateway:Server:RingLimit", "-00:00:01"), ("Gateway:Server:MinExpires", "05:00:00"),
            ("Gateway:Web:AllowedOrigins", "partner.example"), ("Gateway:Net:RtpPortFirst", "5000"), ("Gateway:Net:RtpPortLast", "4000"),
            ("Gateway:Net:DnsServers", "0.0.0.0")));

        string[] keys =
        [
            "Gateway:Web:HttpsPort:", "Gateway:Web:HtpsPort:", "Gateway:Net:SipPort:", "Gateway:Nett:", "Gateway:Net:PublicAddress:",
            "Gateway:Server:RingLimit,", "Gateway:Server:MinExpires,", "Gateway:Web:AllowedOrigins:", "Gateway:Net:RtpPortFirst",
            "Gateway:Net:DnsServers:",
        ];
        Assert.All(keys, key => Assert.Contains(wrong.Complaints, complaint => complaint.StartsWith(key.TrimEnd(':', ','), StringComparison.Ordinal)));
        Assert.Equal(keys.Length, wrong.Complaints.Count);
    }

    [Theory]
    [InlineData("Sources: 'fax' is none", "Sources", "enum,fax")]
    [InlineData("Sources: each one once", "Sources", "enum,ENUM")]
    [InlineData("OpenDomains: 'http://x' is no domain", "OpenDomains", "*,*.example.com,example.com,http://x")]
    [InlineData("EnumDomains:", "EnumDomains", "not a name")]
    [InlineData("Timeout:", "Timeout", "00:01:00")]
    [InlineData("LdapServer: the directory", "LdapServer", "directory.example.org")]
    [InlineData("LdapFilter: it cannot be read from character 7 on", "LdapFilter", "(uid=x")]
    [InlineData("LdapPasswordFile: there is no file", "LdapPasswordFile", "/nonexistent")]
    [InlineData("LdapNumberAttributes: names of attributes", "LdapNumberAttributes", "(x)")]
    public void What_is_wrong_with_the_location_service_is_told(string words, string key, string value)
    {
        var values = new Dictionary<string, string> { ["Sources"] = "ldap", ["LdapServer"] = "ldaps://directory.example.org" };
        values[key] = value;
        var wrong = Assert.Throws<SettingsException>(() => Read([.. values.Select(pair => ($"Gateway:Location:{pair.Key}", pair.Value))]));
        Assert.Contains(wrong.Complaints, complaint => complaint.StartsWith("Gateway:Location:", StringComparison.Ordinal) && complaint.Contains(words, StringComparison.Ordinal));
    }

    [Fact, Row(35)]
    public void The_timers_of_SIP_can_be_set_and_must_fit_each_other()
    {
        Assert.Equal(TimeSpan.FromSeconds(6.4), Read(("Gateway:Timers:T1", "00:00:00.1"), ("Gateway:Timers:Trying", "00:00:00.1"), ("Gateway:Timers:D", "00:00:07")).Timers.T1x64);
        var wrong = Assert.Throws<SettingsException>(() => Read(("Gateway:Timers:T1", "00:00:05"), ("Gateway:Timers:C", "00:01:00")));
        Assert.All((string[])["T2", "C", "D"], key => Assert.Contains(wrong.Complaints, complaint => complaint.StartsWith($"Gateway:Timers:{key} must be", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_password_for_a_directory_leaves_this_machine_encrypted_only()
    {
        var file = Path.GetTempFileName();
        (string, string)[] common = [("Gateway:Location:Sources", "ldap"), ("Gateway:Location:LdapUser", "cn=x"), ("Gateway:Location:LdapPasswordFile", file)];
        var wrong = Assert.Throws<SettingsException>(() => Read([.. common, ("Gateway:Location:LdapServer", "ldap://directory.example.org")]));
        Assert.Contains("for everybody to read", Assert.Single(wrong.Complaints), StringComparison.Ordinal);
        Read([.. common, ("Gateway:Location:LdapServer", "ldap://127.0.0.1:1389")]);
        Read([.. common, ("Gateway:Location:LdapServer", "ldap://directory.example.org"), ("Gateway:Location:LdapStartTls", "true")]);
        File.Delete(file);
    }

    [Fact]
    public void Listeners_are_a_list_and_their_names_are_ours()
    {
        var settings = Read(
            ("Gateway:Net:Listeners", "udp://192.0.2.1:5060?advertise=a.example.org:5070, tls://[2001:db8::1]:5061?certificates=require&advertise=b.example.org"),
            ("Gateway:Net:Advertise", "node.example.org"));

        Assert.Equal(2, settings.Net.Listeners.Count);
        Assert.Superset(new HashSet<string>(["a.example.org", "b.example.org", "node.example.org"]), settings.Server.Aliases.ToHashSet());

        var wrong = Assert.Throws<SettingsException>(() => Read(
            ("Gateway:Net:Listeners", "udp://192.0.2.1, sctp://192.0.2.1, tls://192.0.2.1?advertise=*"), ("Gateway:Net:Advertise", "a:b"), ("Gateway:Net:ClientAuthorities", "/nowhere.pem"),
            ("Gateway:Net:ClientCertificates", "maybe")));
        Assert.Equal(5, wrong.Complaints.Count);
        Assert.Equal(2, wrong.Complaints.Count(words => words.StartsWith("Gateway:Net:Listeners: ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Flags_are_read_after_environment_names_and_win()
    {
        List<string> complaints = [];
        var settings = CommandLine.Read(
            ["--https-port", "9443", "--rtp-ports=30000-30099", "--Gateway:Server:Realm=example.org"],
            name => name switch { "GATEWAY_HTTPS_PORT" => "1", "GATEWAY_SIP_PORT" => "5070", _ => null },
            complaints);

        Assert.Empty(complaints);
        Assert.Equal("9443", settings["Gateway:Web:HttpsPort"]);
        Assert.Equal("5070", settings["Gateway:Net:SipPort"]);
        Assert.Equal(("30000", "30099"), (settings["Gateway:Net:RtpPortFirst"], settings["Gateway:Net:RtpPortLast"]));
        Assert.Equal("example.org", settings["Gateway:Server:Realm"]);
    }

    [Theory]
    [InlineData("--htps-port", "there is no such flag")]
    [InlineData("--https-port", "needs a value")]
    [InlineData("--rtp-ports=30000", "is not a range")]
    public void A_flag_that_is_not_understood_is_named(string flag, string words)
    {
        List<string> complaints = [];

        CommandLine.Read([flag], _ => null, complaints);

        Assert.Contains(words, Assert.Single(complaints), StringComparison.Ordinal);
    }

    [Fact]
    public void Help_names_every_flag() =>
        Assert.All(CommandLine.Flags, flag => Assert.Contains($"{flag.Name} {flag.Value}", CommandLine.Help, StringComparison.Ordinal));

    private static GatewaySettings Read(params (string Key, string Value)[] values) =>
        GatewaySettings.Read(new ConfigurationBuilder().AddInMemoryCollection(values.ToDictionary(value => value.Key, value => (string?)value.Value)).Build());
}
