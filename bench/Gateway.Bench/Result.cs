using System.Globalization;
using System.Text;

namespace Gateway.Bench;

/// <summary>One line of measurements for people and scripts: <c>RESULT label key=value ...</c>.</summary>
internal sealed class Result(string label)
{
    private readonly StringBuilder _line = new("RESULT " + label);

    public Result Add(string key, double value, int digits = 3)
    {
        _line.Append(' ').Append(key).Append('=').Append(Math.Round(value, digits).ToString(CultureInfo.InvariantCulture));
        return this;
    }

    public Result Add(string key, string value)
    {
        _line.Append(' ').Append(key).Append('=').Append(value);
        return this;
    }

    public void Print() => Console.WriteLine(_line);

    /// <summary>The value below which the share lies; the list is sorted by it.</summary>
    public static double Percentile(List<double> values, double share)
    {
        if (values.Count == 0)
        {
            return double.NaN;
        }

        values.Sort();
        return values[Math.Min(values.Count - 1, (int)(values.Count * share))];
    }
}
