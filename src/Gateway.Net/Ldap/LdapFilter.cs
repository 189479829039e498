using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Globalization;
using System.Text;

namespace Gateway.Net.Ldap;

/// <summary>
/// A search filter (RFC 4515) with placeholders, read once. What a caller dialled is put in as a value after the filter was
/// understood, never as text before: no star, bracket or backslash of his can change what is asked.
/// </summary>
internal sealed class LdapFilter
{
    private readonly Node _root;

    private LdapFilter(Node root) => _root = root;

    private enum Kind : byte
    {
        And = 0,
        Or = 1,
        Not = 2,
        Equality = 3,
        Substrings = 4,
        GreaterOrEqual = 5,
        LessOrEqual = 6,
        Present = 7,
        Approximate = 8,
        Extensible = 9,
    }

    /// <param name="Attribute">Of And, Or and Not empty.</param>
    /// <param name="Values">The assertion value; of Substrings what stands between the stars, empty at an open end.</param>
    private sealed record Node(Kind Kind, string Attribute, string[] Values, Node[] Inner)
    {
        /// <summary>Of Extensible: the matching rule, or empty.</summary>
        public string Rule { get; init; } = "";

        public bool IsOfNames { get; init; }
    }

    /// <param name="text">(|(telephoneNumber={number})(uid={user})).</param>
    /// <param name="error">What is wrong with it and where, in words.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out LdapFilter? filter, out string error)
    {
        var at = 0;
        var root = Read(text.Trim(), ref at, 0);
        filter = root is not null && at == text.Trim().Length ? new LdapFilter(root) : null;
        error = filter is null ? $"it cannot be read from character {at + 1} on; an example is (|(telephoneNumber={{number}})(uid={{user}}))" : "";
        return filter is not null;
    }

    /// <summary>Writes the filter (RFC 4511 §4.5.1.7) with what stands for the placeholders.</summary>
    public void Write(AsnWriter writer, IReadOnlyDictionary<string, string> values) => Write(writer, _root, values);

    private static Node? Read(string text, ref int at, int depth)
    {
        if (depth > LdapLimits.Depth || at >= text.Length || text[at] != '(')
        {
            return null;
        }

        at++;
        if (at < text.Length && text[at] is '&' or '|' or '!')
        {
            var kind = text[at++] switch { '&' => Kind.And, '|' => Kind.Or, _ => Kind.Not };
            List<Node> inner = [];
            while (at < text.Length && text[at] == '(')
            {
                if (Read(text, ref at, depth + 1) is not { } one)
                {
                    return null;
                }

                inner.Add(one);
            }

            return inner.Count > 0 && (kind != Kind.Not || inner.Count == 1) && Close(text, ref at) ? new Node(kind, "", [], [.. inner]) : null;
        }

        return Item(text, ref at) is { } item && Close(text, ref at) ? item : null;
    }

    private static bool Close(string text, ref int at) => at < text.Length && text[at++] == ')';

    private static Node? Item(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '-' or ';' or '.' or ':'))
        {
            at++;
        }

        var end = at;
        var kind = Kind.Equality;
        if (at < text.Length && text[at] is '>' or '<' or '~')
        {
            kind = text[at++] switch { '>' => Kind.GreaterOrEqual, '<' => Kind.LessOrEqual, _ => Kind.Approximate };
        }

        if (at >= text.Length || text[at] != '=' || Name(text[start..end], kind) is not { } node)
        {
            return null;
        }

        at++;
        List<string> parts = [];
        var part = new StringBuilder();
        for (; at < text.Length && text[at] is not ('(' or ')'); at++)
        {
            if (text[at] == '*')
            {
                parts.Add(part.ToString());
                part.Clear();
            }
            else if (text[at] == '\\')
            {
                // §3: a backslash and the two digits of an octet. Templates are ASCII, so an octet is a character.
                if (at + 2 >= text.Length || !byte.TryParse(text.AsSpan(at + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet))
                {
                    return null;
                }

                part.Append((char)octet);
                at += 2;
            }
            else
            {
                part.Append(text[at]);
            }
        }

        parts.Add(part.ToString());
        return (node.Kind, parts) switch
        {
            (Kind.Equality, { Count: 1 }) => node with { Values = [parts[0]] },
            (Kind.Equality, ["", ""]) => node with { Kind = Kind.Present },
            (Kind.Equality, _) when parts.Skip(1).SkipLast(1).All(middle => middle.Length > 0) => node with { Kind = Kind.Substrings, Values = [.. parts] },
            (_, { Count: 1 }) => node with { Values = [parts[0]] },
            _ => null,
        };
    }

    /// <summary>attribute, or attribute:dn:rule: of an extensible match.</summary>
    private static Node? Name(string name, Kind kind)
    {
        if (!name.Contains(':', StringComparison.Ordinal))
        {
            return name.Length > 0 ? new Node(kind, name, [], []) : null;
        }

        if (kind != Kind.Equality || !name.EndsWith(':'))
        {
            return null;
        }

        var parts = name[..^1].Split(':');
        var isOfNames = parts.Skip(1).Any(part => part.Equals("dn", StringComparison.OrdinalIgnoreCase));
        var rules = parts.Skip(1).Where(part => !part.Equals("dn", StringComparison.OrdinalIgnoreCase)).ToList();
        return rules.Count <= 1 && (parts[0].Length > 0 || rules.Count == 1)
            ? new Node(Kind.Extensible, parts[0], [], []) { Rule = rules.Count == 1 ? rules[0] : "", IsOfNames = isOfNames }
            : null;
    }

    private static void Write(AsnWriter writer, Node node, IReadOnlyDictionary<string, string> values)
    {
        var tag = Tag((int)node.Kind, isConstructed: node.Kind != Kind.Present);
        switch (node.Kind)
        {
            case Kind.And or Kind.Or:
                using (writer.PushSetOf(tag))
                {
                    foreach (var inner in node.Inner)
                    {
                        Write(writer, inner, values);
                    }
                }

                break;
            case Kind.Not:
                using (writer.PushSequence(tag))
                {
                    Write(writer, node.Inner[0], values);
                }

                break;
            case Kind.Present:
                writer.WriteOctetString(Encoding.UTF8.GetBytes(node.Attribute), tag);
                break;
            case Kind.Substrings:
                WriteSubstrings(writer, tag, node, values);
                break;
            case Kind.Extensible:
                WriteExtensible(writer, tag, node, values);
                break;
            default:
                using (writer.PushSequence(tag))
                {
                    writer.WriteOctetString(Encoding.UTF8.GetBytes(node.Attribute));
                    writer.WriteOctetString(Filled(node.Values[0], values));
                }

                break;
        }
    }

    private static void WriteSubstrings(AsnWriter writer, Asn1Tag tag, Node node, IReadOnlyDictionary<string, string> values)
    {
        using (writer.PushSequence(tag))
        {
            writer.WriteOctetString(Encoding.UTF8.GetBytes(node.Attribute));
            using (writer.PushSequence())
            {
                for (var i = 0; i < node.Values.Length; i++)
                {
                    if (node.Values[i].Length > 0)
                    {
                        writer.WriteOctetString(Filled(node.Values[i], values), Tag(i == 0 ? 0 : i == node.Values.Length - 1 ? 2 : 1, isConstructed: false));
                    }
                }
            }
        }
    }

    private static void WriteExtensible(AsnWriter writer, Asn1Tag tag, Node node, IReadOnlyDictionary<string, string> values)
    {
        using (writer.PushSequence(tag))
        {
            if (node.Rule.Length > 0)
            {
                writer.WriteOctetString(Encoding.UTF8.GetBytes(node.Rule), Tag(1, isConstructed: false));
            }

            if (node.Attribute.Length > 0)
            {
                writer.WriteOctetString(Encoding.UTF8.GetBytes(node.Attribute), Tag(2, isConstructed: false));
            }

            writer.WriteOctetString(Filled(node.Values[0], values), Tag(3, isConstructed: false));
            if (node.IsOfNames)
            {
                writer.WriteBoolean(true, Tag(4, isConstructed: false));
            }
        }
    }

    private static byte[] Filled(string template, IReadOnlyDictionary<string, string> values)
    {
        // One pass: what a value contains is no placeholder.
        var text = new StringBuilder();
        for (var at = 0; at < template.Length;)
        {
            var end = template[at] == '{' ? template.IndexOf('}', at) : -1;
            if (end > at && values.TryGetValue(template[(at + 1)..end], out var value))
            {
                text.Append(value);
                at = end + 1;
            }
            else
            {
                text.Append(template[at++]);
            }
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static Asn1Tag Tag(int number, bool isConstructed) => new(TagClass.ContextSpecific, number, isConstructed);
}
