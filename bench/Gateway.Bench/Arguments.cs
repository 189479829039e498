using System.Globalization;

namespace Gateway.Bench;

/// <summary>"--name value" and "--name" of a command; what no command asks for is an error.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    public Arguments(IReadOnlyList<string> args, params string[] known)
    {
        for (var i = 0; i < args.Count; i++)
        {
            var name = args[i].StartsWith("--", StringComparison.Ordinal) ? args[i][2..] : "";
            if (!known.Contains(name))
            {
                throw new UsageException($"{args[i]}: not an option of this command.");
            }

            var hasValue = i + 1 < args.Count && !args[i + 1].StartsWith("--", StringComparison.Ordinal);
            _values[name] = hasValue ? args[++i] : "";
        }
    }

    public bool Has(string name) => _values.ContainsKey(name);

    public string Text(string name, string otherwise) => _values.GetValueOrDefault(name, otherwise);

    public string Needed(string name) =>
        _values.TryGetValue(name, out var value) && value.Length > 0 ? value : throw new UsageException($"--{name} is needed.");

    public int Number(string name, int otherwise) => (int)Real(name, otherwise);

    public double Real(string name, double otherwise)
    {
        if (!_values.TryGetValue(name, out var text))
        {
            return otherwise;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= 0
            ? value
            : throw new UsageException($"--{name}: '{text}' is not a number.");
    }
}
