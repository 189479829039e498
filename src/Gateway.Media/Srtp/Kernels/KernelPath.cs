using System.Runtime.Intrinsics.X86;

namespace Gateway.Media.Srtp;

/// <summary>Which implementation of the ciphers is used.</summary>
public enum KernelPath
{
    /// <summary>The CPU's AES and carry-less multiply where it has them, else <see cref="Portable"/>.</summary>
    Best = 0,

    /// <summary>OpenSSL for the ciphers and the framework for HMAC, on any CPU. Gives the same bytes; tests force it.</summary>
    Portable,
}

/// <summary>Says what this CPU has.</summary>
public static class Kernels
{
    /// <summary>True when packets are enciphered by our own kernels.</summary>
    public static bool HasAesInstructions => Aes.IsSupported && Pclmulqdq.IsSupported && Ssse3.IsSupported;
}
