using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Gateway.Web.Setup;

/// <summary>Logs go to the terminal, one line each; text from outside cannot begin a line of its own or move the cursor.</summary>
internal static class Logs
{
    public static void AddLogs(this WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddFilter("Gateway", LogLevel.Information);
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        // Cookie keys lie in the data folder, which is the operator's to protect, like the database beside them.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.Logging.AddConsole(options => options.FormatterName = LineFormatter.FormatterName).AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
    }

    /// <summary>Time, level, id, message; control characters as escapes.</summary>
    internal sealed class LineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
    {
        public const string FormatterName = "line";

        private const int Longest = 2000;

        public override void Write<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopes, TextWriter writer)
        {
            var level = entry.LogLevel switch { LogLevel.Critical => "FATAL", LogLevel.Error => "ERROR", LogLevel.Warning => "warn ", _ => "info " };
            writer.Write($"{time.GetUtcNow():HH:mm:ss.fff} {level} ");
            if (entry.EventId.Id != 0)
            {
                writer.Write($"[{entry.EventId.Id}] ");
            }

            Escape(writer, entry.Formatter(entry.State, entry.Exception));
            if (entry.Exception is { } exception)
            {
                writer.Write(" | ");
                Escape(writer, exception.ToString());
            }

            writer.Write('\n');
        }

        internal static void Escape(TextWriter writer, string text)
        {
            foreach (var c in text.AsSpan(0, Math.Min(text.Length, Longest)))
            {
                if (char.IsControl(c))
                {
                    writer.Write($"\\x{(int)c:x2}");
                }
                else
                {
                    writer.Write(c);
                }
            }
        }
    }
}
