namespace Gateway.Server.Accounts;

/// <summary>What may be a user part of ours: letters that phones can type and that need no escape in a SIP URI.</summary>
public static class UserName
{
    public const int Longest = 64;

    /// <summary>Names that mean something else here.</summary>
    private static readonly HashSet<string> s_reserved = new(StringComparer.Ordinal) { "echo", "tone", "anonymous" };

    /// <param name="input">As typed; upper case is taken as lower case and blanks around are dropped.</param>
    /// <param name="error">What to mend, in words for the person who typed it; empty when the name is good.</param>
    public static bool TryNormalise(string? input, out string user, out string error)
    {
        user = (input ?? "").Trim().ToLowerInvariant();
        error = Complaint(user);
        return error.Length == 0;
    }

    private static string Complaint(string user)
    {
        if (user.Length == 0)
        {
            return "A user name is needed.";
        }

        if (user.Length > Longest)
        {
            return $"A user name has at most {Longest} characters.";
        }

        foreach (var c in user)
        {
            if (!(c is >= 'a' and <= 'z' or >= '0' and <= '9' or '-' or '_' or '.' or '+'))
            {
                return $"'{c}' cannot stand in a user name: use letters a to z, digits, and - _ . +";
            }
        }

        if (!(char.IsAsciiLetterOrDigit(user[0]) || (user[0] == '+' && user.Length > 1)))
        {
            return "A user name begins with a letter, a digit, or + before a number.";
        }

        return s_reserved.Contains(user) ? $"'{user}' is a name of the gateway's own: choose another." : "";
    }
}
