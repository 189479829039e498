using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Interop.Tests.Rig;

namespace Gateway.Interop.Tests.Console;

/// <summary>What an administrator changes of the gateway itself, on a gateway of its own.</summary>
public sealed class SettingsTests
{
    private const string Limit = "Gateway:Server:MaxCalls";

    [Fact]
    public async Task A_saved_setting_is_in_force_after_the_restart_that_the_console_makes()
    {
        await using var gateway = await GatewayProcess.StartAsync(GatewayFixture.ShortWaits);
        await using var browser = await Chromium.StartAsync(keepPolicies: true);
        var phone = await Softphone.StartAsync(browser, gateway, gateway.Bob);
        await phone.DialAsync("*43");
        await phone.TalkingAsync();
        await using var second = await Chromium.StartAsync(keepPolicies: true);
        var console = new ConsolePages(await second.Context.NewPageAsync(), gateway);
        await console.SignInAsync(gateway.Alice);
        await console.GoAsync("/console/settings");
        Assert.Equal(0, await console.Part("settings-restart").CountAsync());

        await console.FillAsync(Limit, "no number");
        await SaveAsync(console, "settings-refusal");
        Assert.Contains("MaxCalls", await console.TextAsync("settings-refusal"), StringComparison.Ordinal);
        await console.FillAsync(Limit, "1");
        await SaveAsync(console, "settings-notice");
        await console.Part("settings-restart").ClickAsync();
        await Eventually.True(async () => await console.Part("settings-restart").GetAttributeAsync("class") == "danger");
        await console.Part("settings-restart").ClickAsync();

        // The call gets its BYE, the phone comes back by itself, and it is the same process that answers.
        await phone.IdleAsync();
        await Eventually.True(() => Starts(gateway) == 2, TimeSpan.FromSeconds(30), () => gateway.Log);
        Assert.False(gateway.HasExited);
        await Eventually.True(async () => await IsReadyAsync(gateway), TimeSpan.FromSeconds(30), () => gateway.Log);
        await console.GoAsync("/console/settings");
        Assert.Equal("1", await console.Part("field-" + Limit).InputValueAsync());
        Assert.Equal(0, await console.Part("settings-restart").CountAsync());

        await phone.ReadyAsync();
        await phone.DialAsync("*43");
        await phone.TalkingAsync();
        using var other = new RawSip(gateway.SipPort);
        other.Send(Options(gateway, other));
        Assert.StartsWith("SIP/2.0 200", await other.FinalAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await gateway.StopAsync());
    }

    [Fact]
    public async Task A_new_certificate_serves_new_connections_and_drops_none()
    {
        await using var gateway = await GatewayProcess.StartAsync();
        await using var browser = await Chromium.StartAsync(keepPolicies: true);
        var console = new ConsolePages(await browser.Context.NewPageAsync(), gateway);
        await console.SignInAsync(gateway.Alice);
        await console.GoAsync("/console/settings");
        Assert.NotEqual("CN=replaced.example", await ServedAsync(gateway));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=replaced.example", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(90));

        await console.Page.Locator("form.certificate summary").ClickAsync();
        await console.FillAsync("certificate", made.ExportCertificatePem());
        await console.FillAsync("key", key.ExportPkcs8PrivateKeyPem());
        await SaveAsync(console, "settings-notice", "certificate-save");

        await Eventually.True(async () => await ServedAsync(gateway) == "CN=replaced.example", TimeSpan.FromSeconds(10), () => gateway.Log);
        // The page that was open still answers.
        await console.FillAsync(Limit, "no number");
        await SaveAsync(console, "settings-refusal");
    }

    private static async Task SaveAsync(ConsolePages console, string answer, string button = "settings-save")
    {
        await console.Page.Keyboard.PressAsync("Tab");
        await console.Part(button).ClickAsync();
        await console.Part(answer).WaitForAsync();
    }

    private static int Starts(GatewayProcess gateway) => gateway.Log.Split("is running").Length - 1;

    private static async Task<bool> IsReadyAsync(GatewayProcess gateway)
    {
        using var http = gateway.Http();
        try
        {
            return (await http.GetAsync(new Uri("/health/ready", UriKind.Relative))).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<string> ServedAsync(GatewayProcess gateway)
    {
        using var tcp = new TcpClient("127.0.0.1", gateway.HttpsPort);
        await using var tls = new SslStream(tcp.GetStream(), false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync("localhost");
        return tls.RemoteCertificate!.Subject;
    }

    private static string Options(GatewayProcess gateway, RawSip from) =>
        $"""
        OPTIONS sip:{gateway.Registrar} SIP/2.0
        Via: SIP/2.0/UDP 127.0.0.1:{from.Port};branch=z9hG4bKafter;rport
        Max-Forwards: 70
        From: <sip:probe@{gateway.Registrar}>;tag=a
        To: <sip:{gateway.Registrar}>
        Call-ID: after-restart
        CSeq: 1 OPTIONS
        Content-Length: 0


        """;
}
