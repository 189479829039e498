using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Server.Ports;
using Gateway.Server.Routing;
using Gateway.Sip;

namespace Gateway.Storage;

/// <summary>How values stand in columns that every engine understands: ids and JSON as text, times as Unix milliseconds.</summary>
internal static class Columns
{
    public static string Id(Guid id) => id.ToString("D");

    public static Guid Id(string text) => Guid.ParseExact(text, "D");

    public static string? Id(Guid? id) => id is { } value ? Id(value) : null;

    public static Guid? OptionalId(string? text) => text is null ? null : Id(text);

    public static long Time(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    public static long? Time(DateTimeOffset? time) => time?.ToUnixTimeMilliseconds();

    public static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    public static DateTimeOffset? Time(long? milliseconds) => milliseconds is { } value ? Time(value) : null;

    public static string Transport(SipTransport transport) => transport switch
    {
        SipTransport.Udp => "udp",
        SipTransport.Tcp => "tcp",
        SipTransport.Tls => "tls",
        SipTransport.Ws => "ws",
        _ => "wss",
    };

    public static SipTransport Transport(string text) => text switch
    {
        "udp" => SipTransport.Udp,
        "tcp" => SipTransport.Tcp,
        "tls" => SipTransport.Tls,
        "ws" => SipTransport.Ws,
        _ => SipTransport.Wss,
    };

    public static IPEndPoint EndPoint(string text) =>
        IPEndPoint.TryParse(text, out var parsed) ? parsed : new IPEndPoint(IPAddress.None, 0);

    public static string EndPoint(IPEndPoint value) => value.ToString();

    public static string List(IEnumerable<string> values) => JsonSerializer.Serialize(values.ToArray(), ColumnJson.Default.StringArray);

    public static string[] List(string json) => JsonSerializer.Deserialize(json, ColumnJson.Default.StringArray) ?? [];

    public static string? Media(LegStatistics? statistics) =>
        statistics is null ? null : JsonSerializer.Serialize(statistics, ColumnJson.Default.LegStatistics);

    public static LegStatistics? Media(string? json) =>
        json is null ? null : JsonSerializer.Deserialize(json, ColumnJson.Default.LegStatistics);

    public static string Rights(CallRights rights) => JsonSerializer.Serialize(rights, ColumnJson.Default.CallRights);

    public static CallRights Rights(string json) => JsonSerializer.Deserialize(json, ColumnJson.Default.CallRights) ?? CallRights.Default;

    public static string Details(CallDetails details) => JsonSerializer.Serialize(details, ColumnJson.Default.CallDetails);

    public static CallDetails Details(string? json) => (json is null ? null : JsonSerializer.Deserialize(json, ColumnJson.Default.CallDetails)) ?? new CallDetails();

    public static T Enum<T>(string text) where T : struct, Enum => System.Enum.TryParse<T>(text, ignoreCase: true, out var value) ? value : default;

    public static string Enum<T>(T value) where T : struct, Enum => value.ToString().ToLower(CultureInfo.InvariantCulture);
}

[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(LegStatistics))]
[JsonSerializable(typeof(CallRights))]
[JsonSerializable(typeof(CallDetails))]
internal sealed partial class ColumnJson : JsonSerializerContext;
