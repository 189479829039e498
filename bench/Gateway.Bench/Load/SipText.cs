using System.Security.Cryptography;
using System.Text;
using Gateway.Sip;

namespace Gateway.Bench.Load;

/// <summary>
/// As much SIP as a load needs, on text: the peers of a benchmark are written apart from the server's own parser, so that
/// they cost and err on their own. Full header names only, which is what the gateway writes.
/// </summary>
internal static class SipText
{
    public static int Status(string message) =>
        message.StartsWith("SIP/2.0 ", StringComparison.Ordinal) ? int.Parse(message.AsSpan(8, 3), System.Globalization.CultureInfo.InvariantCulture) : 0;

    /// <summary>The first value of the header; empty when there is none.</summary>
    public static string Header(string message, string name)
    {
        var at = message.IndexOf("\r\n" + name + ":", StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            return "";
        }

        at += name.Length + 3;
        return message[at..message.IndexOf("\r\n", at, StringComparison.Ordinal)].Trim();
    }

    /// <summary>All lines of the header as they stand, each with its line end.</summary>
    public static string Lines(string message, string name)
    {
        var text = new StringBuilder();
        foreach (var line in message.Split("\r\n"))
        {
            if (line.Length == 0)
            {
                break;
            }

            if (line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
            {
                text.Append(line).Append("\r\n");
            }
        }

        return text.ToString();
    }

    public static string Body(string message) =>
        message.IndexOf("\r\n\r\n", StringComparison.Ordinal) is var at and >= 0 ? message[(at + 4)..] : "";

    /// <summary>What follows the prefix in a line of the description, e.g. "a=ice-ufrag:"; empty when no line has it.</summary>
    public static string Attribute(string sdp, string prefix) =>
        sdp.Split("\r\n").FirstOrDefault(line => line.StartsWith(prefix, StringComparison.Ordinal)) is { } found ? found[prefix.Length..].Trim() : "";

    /// <summary>The URI between the angle brackets.</summary>
    public static string Uri(string value) =>
        value.IndexOf('<', StringComparison.Ordinal) is var open and >= 0 ? value[(open + 1)..value.IndexOf('>', open)] : value.Split(';')[0];

    /// <summary>Credentials for the 401, as a header line.</summary>
    public static string Authorization(string challenge, string user, string method, string uri, RandomNumberGenerator random) =>
        DigestAnswer.TryAnswer(
            Encoding.UTF8.GetBytes(Header(challenge, "WWW-Authenticate")), new DigestLogin(user, user), Encoding.ASCII.GetBytes(method), uri, random, 1, out var answer)
            ? $"Authorization: {answer}\r\n"
            : throw new InvalidOperationException("A challenge that cannot be answered:\n" + challenge);

    /// <summary>An answer to a request, with its Vias, From, To, Call-ID and CSeq.</summary>
    public static string Answer(string request, string status, string tag, string extra = "", string body = "")
    {
        var to = Lines(request, "To");
        to = to.Contains(";tag=", StringComparison.Ordinal) ? to : to.TrimEnd() + ";tag=" + tag + "\r\n";
        return $"SIP/2.0 {status}\r\n{Lines(request, "Via")}{Lines(request, "Record-Route")}{Lines(request, "From")}{to}"
            + $"{Lines(request, "Call-ID")}{Lines(request, "CSeq")}{extra}Content-Length: {body.Length}\r\n\r\n{body}";
    }
}
