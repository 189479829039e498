namespace Gateway.Media.Tests;

/// <summary>Octets written the way the RFCs print them: hexadecimal with any white space.</summary>
internal static class Hex
{
    public static byte[] Bytes(string text) => Convert.FromHexString(string.Concat(text.Where(c => !char.IsWhiteSpace(c))));

    public static string Text(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
