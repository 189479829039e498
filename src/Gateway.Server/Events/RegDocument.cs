using System.Globalization;
using System.Text;
using System.Xml;
using Gateway.Server.Registrar;

namespace Gateway.Server.Events;

/// <summary>Writes application/reginfo+xml (RFC 3680 §5). Everything that a phone sent goes through the XML writer, less what XML cannot hold.</summary>
internal static class RegDocument
{
    private const string Namespace = "urn:ietf:params:xml:ns:reginfo";

    /// <summary>Contact parameters that RFC 3261 knows: they have places of their own.</summary>
    private static readonly string[] s_known = ["q", "expires"];

    public static byte[] Write(uint version, bool isFull, string aor, string state, IEnumerable<BindingNews> contacts, DateTimeOffset utcNow)
    {
        using var stream = new MemoryStream();
        using (var xml = XmlWriter.Create(stream, new XmlWriterSettings { Encoding = new UTF8Encoding(false), CheckCharacters = true }))
        {
            xml.WriteStartElement("reginfo", Namespace);
            xml.WriteAttributeString("version", version.ToString(CultureInfo.InvariantCulture));
            xml.WriteAttributeString("state", isFull ? "full" : "partial");
            xml.WriteStartElement("registration", Namespace);
            xml.WriteAttributeString("aor", Clean($"sip:{aor}"));
            xml.WriteAttributeString("id", Clean(aor));
            xml.WriteAttributeString("state", state);
            foreach (var contact in contacts) WriteContact(xml, contact, utcNow);
            xml.WriteEndElement();
            xml.WriteEndElement();
        }
        return stream.ToArray();
    }

    private static void WriteContact(XmlWriter xml, BindingNews change, DateTimeOffset utcNow)
    {
        var binding = change.Binding;
        xml.WriteStartElement("contact", Namespace);
        xml.WriteAttributeString("id", binding.Id.ToString("N"));
        xml.WriteAttributeString("state", change.IsActive ? "active" : "terminated");
        xml.WriteAttributeString("event", NameOf(change.Event));
        if (change.IsActive) xml.WriteAttributeString("expires", Number(Math.Max(0, (long)(binding.ExpiresAt - utcNow).TotalSeconds)));
        if (change.Event == BindingEvent.Probation) xml.WriteAttributeString("retry-after", "60");
        xml.WriteAttributeString("q", binding.Q.ToString("0.###", CultureInfo.InvariantCulture));
        xml.WriteAttributeString("callid", Clean(binding.CallId));
        xml.WriteAttributeString("cseq", Number(binding.CSeq));
        xml.WriteElementString("uri", Namespace, Clean(binding.Contact.ToString()));
        foreach (var (name, value) in Parameters(binding.ContactParameters))
        {
            xml.WriteStartElement("unknown-param", Namespace);
            xml.WriteAttributeString("name", Clean(name));
            xml.WriteString(Clean(value));
            xml.WriteEndElement();
        }
        xml.WriteEndElement();
    }

    private static string NameOf(BindingEvent happened) => happened switch
    {
        BindingEvent.Registered => "registered",
        BindingEvent.Created => "created",
        BindingEvent.Refreshed => "refreshed",
        BindingEvent.Shortened => "shortened",
        BindingEvent.Expired => "expired",
        BindingEvent.Deactivated => "deactivated",
        BindingEvent.Probation => "probation",
        BindingEvent.Unregistered => "unregistered",
        _ => "rejected",
    };

    /// <summary>Name and value of each parameter; semicolons inside quotes part nothing.</summary>
    private static IEnumerable<(string Name, string Value)> Parameters(string text)
    {
        var start = 0;
        var isQuoted = false;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && text[i] == '"' && (i == 0 || text[i - 1] != '\\')) isQuoted = !isQuoted;
            if (i < text.Length && (text[i] != ';' || isQuoted)) continue;
            var piece = text[start..i].Trim();
            start = i + 1;
            var equals = piece.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? piece : piece[..equals].Trim();
            if (name.Length > 0 && !s_known.Contains(name, StringComparer.OrdinalIgnoreCase)) yield return (name, equals < 0 ? "" : piece[(equals + 1)..].Trim());
        }
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Without what XML 1.0 has no way to write.</summary>
    private static string Clean(string text)
    {
        if (!text.Any(static c => !XmlConvert.IsXmlChar(c))) return text;
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value > char.MaxValue || XmlConvert.IsXmlChar((char)rune.Value)) clean.Append(rune);
        }
        return clean.ToString();
    }
}
