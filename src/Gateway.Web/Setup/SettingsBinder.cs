using System.Globalization;
using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Gateway.Web.Setup;

/// <summary>
/// Reads a section of the configuration into its options record. Every value that does not fit and every key that does not
/// exist becomes a complaint naming the key, so that one start shows all that is wrong.
/// </summary>
internal static class SettingsBinder
{
    public static T Bind<T>(IConfigurationSection section, T defaults, List<string> complaints) where T : class
    {
        var clone = (T)typeof(T).GetMethod("<Clone>$", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)!.Invoke(defaults, null)!;
        var properties = typeof(T).GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Where(property => property.CanWrite && property.SetMethod!.IsPublic)
            .ToDictionary(property => property.Name, StringComparer.OrdinalIgnoreCase);

        foreach (var child in section.GetChildren())
        {
            if (!properties.TryGetValue(child.Key, out var property))
            {
                complaints.Add($"{child.Path}: there is no such setting. {section.Path} has {string.Join(", ", properties.Keys.Order())}.");
            }
            else if (TryRead(property.PropertyType, child, out var value, out var wanted))
            {
                property.SetValue(clone, value);
            }
            else
            {
                complaints.Add($"{child.Path}: '{child.Value}' is not {wanted}.");
            }
        }

        return clone;
    }

    private static bool TryRead(Type type, IConfigurationSection section, out object? value, out string wanted)
    {
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            return TryReadList(type.GetGenericArguments()[0], section, out value, out wanted);
        }

        return TryRead(Nullable.GetUnderlyingType(type) ?? type, section.Value ?? "", out value, out wanted);
    }

    private static bool TryRead(Type type, string text, out object? value, out string wanted)
    {
        (value, wanted) = type switch
        {
            _ when type == typeof(string) => (text, "text"),
            _ when type == typeof(int) => (int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null, "a whole number"),
            _ when type == typeof(double) => (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) ? real : null, "a number"),
            _ when type == typeof(bool) => (bool.TryParse(text, out var flag) ? flag : null, "true or false"),
            _ when type == typeof(TimeSpan) => (TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span) ? span : null, "a time such as 00:00:30"),
            _ when type == typeof(IPAddress) => ((object?)(IPAddress.TryParse(text, out var address) ? address : null), "an IP address"),
            _ when type == typeof(IPEndPoint) => ((object?)(IPEndPoint.TryParse(text, out var endpoint) ? endpoint : null), "an IP address with or without a port, such as 192.0.2.1:53 or [2001:db8::1]:53"),
            _ when type.IsEnum => (Enum.TryParse(type, text, ignoreCase: true, out var choice) ? choice : null, $"one of {string.Join(", ", Enum.GetNames(type))}"),
            _ => (null, "a value that can be set here"),
        };
        return value is not null;
    }

    /// <summary>A list is written as Key:0, Key:1, … or as one value with commas.</summary>
    private static bool TryReadList(Type element, IConfigurationSection section, out object? value, out string wanted)
    {
        var texts = section.Value is { } joined
            ? joined.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            : [.. section.GetChildren().Select(child => child.Value ?? "")];
        var array = Array.CreateInstance(element, texts.Length);
        wanted = "a list";
        value = null;
        for (var i = 0; i < texts.Length; i++)
        {
            if (!TryRead(element, texts[i], out var item, out wanted))
            {
                return false;
            }

            array.SetValue(item, i);
        }

        value = array;
        return true;
    }
}
