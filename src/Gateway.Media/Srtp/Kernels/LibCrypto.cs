using System.Runtime.InteropServices;

namespace Gateway.Media.Srtp;

/// <summary>
/// The functions of OpenSSL's libcrypto that the packet path calls. The ones called per packet work on a packet's octets only,
/// well under a microsecond, so they go without the transition of the garbage collector. The SHA-1 functions cannot fail, hence no result.
/// </summary>
internal static unsafe partial class LibCrypto
{
    /// <summary>Room for an SHA_CTX (96 octets).</summary>
    public const int ShaContextSize = 96;

    private const string Library = "libcrypto.so.3";

    /// <summary>True when the low-level SHA-1 functions are exported; they are deprecated, so a future library may lack them.</summary>
    public static bool HasSha1 { get; } =
        NativeLibrary.TryLoad(Library, typeof(LibCrypto).Assembly, null, out var library)
        && NativeLibrary.TryGetExport(library, "SHA1_Init", out _)
        && NativeLibrary.TryGetExport(library, "SHA1_Update", out _)
        && NativeLibrary.TryGetExport(library, "SHA1_Final", out _);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial void SHA1_Init(byte* context);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial void SHA1_Update(byte* context, byte* data, nuint length);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial void SHA1_Final(byte* digest, byte* context);

    [LibraryImport(Library)]
    public static partial nint EVP_CIPHER_CTX_new();

    [LibraryImport(Library)]
    public static partial void EVP_CIPHER_CTX_free(nint context);

    [LibraryImport(Library)]
    public static partial nint EVP_aes_128_ctr();

    [LibraryImport(Library)]
    public static partial nint EVP_aes_256_ctr();

    [LibraryImport(Library)]
    public static partial nint EVP_aes_128_gcm();

    [LibraryImport(Library)]
    public static partial nint EVP_aes_256_gcm();

    [LibraryImport(Library)]
    public static partial int EVP_CipherInit_ex(nint context, nint cipher, nint engine, byte* key, byte* iv, int encrypt);

    [LibraryImport(Library, EntryPoint = "EVP_CipherInit_ex")]
    [SuppressGCTransition]
    public static partial int EVP_CipherRestart(nint context, nint cipher, nint engine, byte* key, byte* iv, int encrypt);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int EVP_CipherUpdate(nint context, byte* output, int* outputLength, byte* input, int inputLength);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int EVP_CipherFinal_ex(nint context, byte* output, int* outputLength);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int EVP_CIPHER_CTX_ctrl(nint context, int command, int argument, void* pointer);
}

/// <summary>A cipher context of OpenSSL with its key; freed (and cleansed by the library) with its owner.</summary>
internal sealed unsafe class EvpContext : SafeHandle
{
    public EvpContext(nint cipher, ReadOnlySpan<byte> key)
        : base(0, ownsHandle: true)
    {
        SetHandle(LibCrypto.EVP_CIPHER_CTX_new());
        fixed (byte* k = key)
        {
            if (IsInvalid || LibCrypto.EVP_CipherInit_ex(handle, cipher, 0, k, null, 1) != 1)
            {
                throw new InvalidOperationException("OpenSSL did not accept the cipher.");
            }
        }
    }

    /// <inheritdoc />
    public override bool IsInvalid => handle == 0;

    /// <summary>The context for calls on the packet path, where the owner is alive by construction.</summary>
    public nint Raw => handle;

    /// <summary>A cipher that fails must not let clear text go out as if it were enciphered: that ends the leg.</summary>
    public static void Require(int result)
    {
        if (result != 1)
        {
            throw new InvalidOperationException("OpenSSL failed to encipher.");
        }
    }

    /// <inheritdoc />
    protected override bool ReleaseHandle()
    {
        LibCrypto.EVP_CIPHER_CTX_free(handle);
        return true;
    }
}
