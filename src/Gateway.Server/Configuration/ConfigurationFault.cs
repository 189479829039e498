namespace Gateway.Server.Configuration;

/// <summary>What is wrong with an object that someone wants to save.</summary>
/// <param name="Field">The property as the API names it: pattern, to.number.</param>
/// <param name="Message">What is wrong and what to write instead, for people.</param>
public sealed record ConfigurationFault(string Field, string Message)
{
    /// <summary>The object works, but hardly as it is meant: shown, and saved all the same.</summary>
    public bool IsAdvice { get; init; }
}
