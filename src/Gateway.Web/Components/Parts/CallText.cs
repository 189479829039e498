using System.Globalization;
using Gateway.Server.Calls;

namespace Gateway.Web.Components.Parts;

/// <summary>A call record in words, as one of its two sides, or a bystander, sees it.</summary>
internal static class CallText
{
    public static string Result(CallRecord record)
    {
        var words = Words.Now;
        if (record.AnsweredAt is not null)
        {
            return record.EndedAt is null ? words.OpenEnd : words.Answered;
        }

        return record.Status switch
        {
            486 or 600 => words.Busy,
            603 or 403 => words.Declined,
            404 or 604 or 484 => words.NotFound,
            487 => words.Cancelled,
            408 => words.NoAnswer,
            480 => record.EndReason.Contains("answer", StringComparison.OrdinalIgnoreCase) ? words.NoAnswer : words.Unavailable,
            0 when record.EndedAt is null => words.OpenEnd,
            _ => words.Failed,
        };
    }

    public static string Length(CallRecord record)
    {
        if (record.AnsweredAt is not { } answered || record.EndedAt is not { } ended)
        {
            return "–";
        }

        // Measured on a clock that nobody sets, where the record has it.
        var length = record.TalkSeconds is { } talked ? TimeSpan.FromSeconds(talked) : ended - answered;
        var text = length.TotalHours >= 1 ? $"{(int)length.TotalHours}:{length:mm\\:ss}" : length.ToString("mm\\:ss", CultureInfo.InvariantCulture);
        return record.EndIsEstimated ? $"{Words.Now.Estimated} {text}" : text;
    }

    public static string User(string address) => address.Split('@')[0];

    public static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
