using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Gateway.Sdp;

/// <summary>
/// Bytes in, <see cref="SessionDescription"/> out. It reads what RFC 8866 §9 allows and what phones write besides
/// (bare LF, empty lines, no s= or t=), keeps every line it does not know, and never throws. RFC 8866 §5 would have a
/// description with an unknown type letter dropped as a whole; a call that works is worth more than that.
/// </summary>
public static class SdpParser
{
    /// <summary>Reads a whole body; on false <paramref name="error"/> says why and with which status to answer.</summary>
    public static bool TryParse(ReadOnlySpan<byte> body, out SessionDescription description, out SdpError error)
    {
        description = null!;
        if (body.Length > SdpLimits.MaxBytes)
        {
            error = new SdpError(SdpErrorKind.TooLong, 0);
            return false;
        }
        var reader = new SectionReader();
        var number = 0;
        while (!body.IsEmpty)
        {
            number++;
            var end = body.IndexOf((byte)'\n');
            var line = end < 0 ? body : body[..end];
            body = end < 0 ? default : body[(end + 1)..];
            if (!line.IsEmpty && line[^1] == '\r') line = line[..^1];
            var kind = line.IsEmpty ? SdpErrorKind.None : reader.Read(line);
            if (kind == SdpErrorKind.None) continue;
            error = new SdpError(kind, number);
            return false;
        }
        error = new SdpError(reader.Finish(out description), 0);
        return error.Kind == SdpErrorKind.None;
    }

    /// <summary>Collects lines into the section they belong to: first the session, then one media section after the other.</summary>
    private sealed class SectionReader
    {
        private readonly ImmutableArray<MediaSection>.Builder _media = ImmutableArray.CreateBuilder<MediaSection>();
        private readonly ImmutableArray<SdpLine>.Builder _lines = ImmutableArray.CreateBuilder<SdpLine>();
        private readonly ImmutableArray<SdpAttribute>.Builder _attributes = ImmutableArray.CreateBuilder<SdpAttribute>();
        private SessionDescription? _session;
        private MediaSection? _section;
        private SdpOrigin? _origin;
        private string? _name;
        private SdpConnection? _connection;
        private int _candidates;
        private bool _versionSeen;

        public SdpErrorKind Read(ReadOnlySpan<byte> line)
        {
            if (line.Contains((byte)0)) return SdpErrorKind.Nul;
            if (line.Length < 2 || line[1] != '=' || !char.IsAsciiLetter((char)line[0]) || line.Contains((byte)'\r')) return SdpErrorKind.Line;
            var type = (char)line[0];
            var value = Encoding.UTF8.GetString(line[2..]);
            if (!_versionSeen)
            {
                _versionSeen = type == 'v' && value.AsSpan().Trim() is "0";
                return _versionSeen ? SdpErrorKind.None : SdpErrorKind.Version;
            }
            return type switch
            {
                'v' => SdpErrorKind.Version,
                'm' => ReadMedia(value),
                'a' => ReadAttribute(value),
                'c' => ReadConnection(value),
                'o' when _section is null => ReadOrigin(value),
                's' when _section is null => ReadName(value),
                'o' or 's' => SdpErrorKind.Line,
                _ => ReadOther(type, value),
            };
        }

        public SdpErrorKind Finish(out SessionDescription description)
        {
            description = null!;
            if (!_versionSeen) return SdpErrorKind.Empty;
            if (_origin is null) return SdpErrorKind.Origin;
            CloseSection();
            description = _session! with { Media = _media.ToImmutable() };
            return SdpErrorKind.None;
        }

        private SdpErrorKind ReadOrigin(string value)
        {
            var parts = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (_origin is not null || parts.Length != 6) return SdpErrorKind.Origin;
            _origin = new SdpOrigin(parts[0], parts[1], parts[2], new SdpConnection(parts[3], parts[4], parts[5]));
            return SdpErrorKind.None;
        }

        private SdpErrorKind ReadName(string value)
        {
            if (_name is not null) return SdpErrorKind.Line;
            _name = value;
            return SdpErrorKind.None;
        }

        private SdpErrorKind ReadConnection(string value)
        {
            var parts = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length != 3) return SdpErrorKind.Connection;
            // A media section may list several (RFC 8866 §5.7, layered multicast): the first is the one used, the rest stay text.
            if (_connection is not null) return ReadOther('c', value);
            _connection = new SdpConnection(parts[0], parts[1], parts[2]);
            return SdpErrorKind.None;
        }

        private SdpErrorKind ReadOther(char type, string value)
        {
            if (_lines.Count >= SdpLimits.MaxOtherLines) return SdpErrorKind.TooManyLines;
            _lines.Add(new SdpLine(type, value));
            return SdpErrorKind.None;
        }

        private SdpErrorKind ReadMedia(string value)
        {
            if (_origin is null) return SdpErrorKind.Origin;
            CloseSection();
            if (_media.Count >= SdpLimits.MaxMediaSections) return SdpErrorKind.TooManyMediaSections;
            var parts = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length < 3) return SdpErrorKind.Media;
            if (parts.Length - 3 > SdpLimits.MaxFormats) return SdpErrorKind.TooManyFormats;
            var slash = parts[1].IndexOf('/', StringComparison.Ordinal);
            var count = 1;
            if (!TryNumber(slash < 0 ? parts[1] : parts[1].AsSpan(0, slash), ushort.MaxValue, out var port)
                || (slash >= 0 && !TryNumber(parts[1].AsSpan(slash + 1), ushort.MaxValue, out count))
                || count == 0
                || (parts.Length == 3 && port != 0)) return SdpErrorKind.Media;
            _section = new MediaSection { Media = parts[0], Port = port, PortCount = count, Protocol = parts[2], Formats = [.. parts[3..]] };
            if (!_section.IsRtp) return SdpErrorKind.None;
            foreach (var format in _section.Formats)
                if (!TryNumber(format, SdpLimits.MaxPayloadType, out _)) return SdpErrorKind.PayloadType;
            return SdpErrorKind.None;
        }

        private SdpErrorKind ReadAttribute(string value)
        {
            if (_attributes.Count >= SdpLimits.MaxAttributes) return SdpErrorKind.TooManyAttributes;
            var colon = value.IndexOf(':', StringComparison.Ordinal);
            var attribute = colon < 0 ? new SdpAttribute(value) : new SdpAttribute(value[..colon], value[(colon + 1)..]);
            if (attribute.Name.Length == 0) return SdpErrorKind.Line;
            _attributes.Add(attribute);
            return attribute.Name switch
            {
                "candidate" when ++_candidates > SdpLimits.MaxCandidates => SdpErrorKind.TooManyCandidates,
                "rtpmap" or "fmtp" or "rtcp-fb" => CheckPayloadType(attribute.Value),
                "ptime" => CheckPacketTime(attribute.Value),
                _ => SdpErrorKind.None,
            };
        }

        /// <summary>A number too large here has overflowed tables elsewhere (threat 18); "*" and data formats are not numbers.</summary>
        private SdpErrorKind CheckPayloadType(string? value)
        {
            if (_section is { IsRtp: false }) return SdpErrorKind.None;
            var text = (value ?? "").AsSpan().TrimStart();
            var end = text.IndexOf(' ');
            if (end >= 0) text = text[..end];
            if (text is "*" || text.IsEmpty) return SdpErrorKind.None;
            return TryNumber(text, SdpLimits.MaxPayloadType, out _) ? SdpErrorKind.None : SdpErrorKind.PayloadType;
        }

        private static SdpErrorKind CheckPacketTime(string? value) =>
            RtpAttributes.TryPacketTime(value, out _) ? SdpErrorKind.None : SdpErrorKind.PacketTime;

        private void CloseSection()
        {
            if (_section is null)
            {
                _session = new SessionDescription
                {
                    Origin = _origin!,
                    Name = _name ?? "-",
                    Connection = _connection,
                    Lines = _lines.ToImmutable(),
                    Attributes = _attributes.ToImmutable(),
                };
            }
            else
            {
                _media.Add(_section with { Connection = _connection, Lines = _lines.ToImmutable(), Attributes = _attributes.ToImmutable() });
            }
            _lines.Clear();
            _attributes.Clear();
            _connection = null;
            _candidates = 0;
        }

        private static bool TryNumber(ReadOnlySpan<char> text, int highest, out int number) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= highest;
    }
}
