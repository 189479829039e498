using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text;
using Gateway.Net;
using Gateway.Net.Sip;
using Gateway.Server;

namespace Gateway.Web.Setup;

/// <summary>What a person at the terminal needs next, printed when everything listens.</summary>
internal static class StartPage
{
    public static string Text(GatewaySettings settings, ServerOptions server, FirstStart start)
    {
        var host = settings.Net.PublicAddress ?? Likeliest(settings.Net);
        var url = $"https://{(IsOnLoopback(settings.Net) || settings.Net.Listen.Count == 0 ? "localhost" : Bracketed(host))}:{settings.Web.HttpsPort}";
        var version = typeof(StartPage).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];
        var text = new StringBuilder();
        text.Append($"\n  Gateway {version} is running. Ctrl-C stops it.\n\n");
        text.Append($"  Softphone    {url}/\n");
        if (settings.Net.Listen.Count == 0 && !IPAddress.IsLoopback(host))
        {
            text.Append($"               from other machines: https://{Bracketed(host)}:{settings.Web.HttpsPort}/\n");
        }

        text.Append("               The certificate is self-made: the browser asks once whether to go on.\n");
        text.Append($"  Console      {url}/console   (administrators)\n\n");
        if (!start.HasAdministrator)
        {
            text.Append($"  First        make the administrator: {url}/setup?code={start.SetupCode}\n");
        }

        AppendAccounts(text, start);
        AppendPhone(text, settings.Net, host);
        text.Append($"               domain {server.Realm} (or the server's address)   user and password of an account\n");
        text.Append("  Numbers      *43 echo test   *44 test tone   ");
        text.Append(string.Join("   ", start.Accounts.Where(account => !account.Aliases.IsEmpty).Take(4).Select(account => $"{account.Aliases[0]} {account.User}")));
        text.Append($"\n  Data         {Path.GetFullPath(settings.Web.DataFolder)}\n");
        return text.ToString();
    }

    private static void AppendPhone(StringBuilder text, NetOptions net, IPAddress host)
    {
        if (net.Listeners.Count > 0)
        {
            var label = "SIP phone";
            text.Append('\n');
            foreach (var listen in GatewaySettings.SipListens(net))
            {
                var server = SipListen.TryAdvertised(listen.Advertise.Length > 0 ? listen.Advertise : net.Advertise, out var name, out var port) ? name : Bracketed(listen.Address ?? host);
                text.Append(CultureInfo.InvariantCulture, $"  {label,-12} server {server}   port {(port == 0 ? listen.Port : port)}   transport {listen.Transport.ToString().ToUpperInvariant()}\n");
                label = "";
            }

            return;
        }

        text.Append($"\n  SIP phone    server {Bracketed(host)}   port {net.SipPort}   transport UDP or TCP{(net.SipsPort == 0 ? "" : $", or port {net.SipsPort}   transport TLS")}\n");
    }

    private static void AppendAccounts(StringBuilder text, FirstStart start)
    {
        var label = "Accounts";
        foreach (var made in start.NewPasswords)
        {
            text.Append($"  {label,-12} account {made.User}   password {made.Password}{(made.IsAdministrator ? "   (administrator)" : "")}\n");
            label = "";
        }

        if (start.NewPasswords.Count > 0)
        {
            text.Append("               Shown this once: write them down. Only hashes of them are kept.\n");
        }
        else if (start.Accounts.Count > 0)
        {
            text.Append($"  Accounts     {string.Join(", ", start.Accounts.Take(10).Select(account => account.User))}; their passwords are not kept.\n");
            text.Append("               A new one: ./run --reset-password ACCOUNT\n");
        }
    }

    private static IPAddress Likeliest(NetOptions net) =>
        GatewaySettings.OwnAddresses(net).FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork)
        ?? (GatewaySettings.OwnAddresses(net) is [var first, ..] ? first : null)
        ?? IPAddress.Loopback;

    private static bool IsOnLoopback(NetOptions net) => net.Listen.Count > 0 && net.Listen.All(IPAddress.IsLoopback);

    private static string Bracketed(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
}
