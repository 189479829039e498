using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Net.Dtls;

/// <summary>
/// A BIO that keeps datagram boundaries between OpenSSL and an <see cref="OpenSslDtls"/>: one write is one datagram out,
/// one read takes the one datagram that was handed in. (OpenSSL 3.0 has no memory BIO that does.)
/// </summary>
internal static unsafe class DtlsBio
{
    /// <summary>Bytes of one UDP payload that OpenSSL may fill; a browser's path carries this anywhere.</summary>
    public const int Mtu = 1200;

    private const int IpAndUdpHeader = 28;
    private const uint FirstRetransmitMicroseconds = 100_000;
    private const uint LongestRetransmitMicroseconds = 2_000_000;

    private static readonly nint Method = MakeMethod();

    /// <summary>A BIO whose owner is found through the handle; the SSL that it is set on frees it.</summary>
    public static nint Create(GCHandle owner)
    {
        var bio = OpenSsl.BIO_new(Method);
        OpenSsl.BIO_set_data(bio, GCHandle.ToIntPtr(owner));
        OpenSsl.BIO_set_init(bio, 1);
        return bio;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static int AcceptAnyChain(int preverified, nint store) => 1;

    /// <summary>
    /// RFC 6347 §4.2.4.1 recommends 1 s and allows less where less is known to do: ICE has just shown a path that answers,
    /// and a lost flight would keep a caller deaf for that second.
    /// </summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static uint NextTimeout(nint ssl, uint previous) =>
        previous == 0 ? FirstRetransmitMicroseconds : Math.Min(previous * 2, LongestRetransmitMicroseconds);

    private static nint MakeMethod()
    {
        var method = OpenSsl.BIO_meth_new(OpenSsl.BIO_get_new_index() | OpenSsl.BioTypeSourceSink, "gateway datagrams");
        _ = OpenSsl.BIO_meth_set_write(method, &Write);
        _ = OpenSsl.BIO_meth_set_read(method, &Read);
        _ = OpenSsl.BIO_meth_set_ctrl(method, &Control);
        return method;
    }

    private static OpenSslDtls? Owner(nint bio) => GCHandle.FromIntPtr(OpenSsl.BIO_get_data(bio)).Target as OpenSslDtls;

    // An exception must not cross into C: it would end the process. Nothing below throws but out of memory.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Write(nint bio, byte* data, int length)
    {
        OpenSsl.BIO_clear_flags(bio, OpenSsl.BioFlagsAll);
        Owner(bio)?.Emit(new ReadOnlySpan<byte>(data, length));
        return length;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Read(nint bio, byte* data, int length)
    {
        OpenSsl.BIO_clear_flags(bio, OpenSsl.BioFlagsAll);
        var taken = Owner(bio)?.Take(new Span<byte>(data, length)) ?? 0;
        if (taken > 0)
        {
            return taken;
        }

        OpenSsl.BIO_set_flags(bio, OpenSsl.BioFlagRead | OpenSsl.BioFlagShouldRetry);
        return -1;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint Control(nint bio, int command, nint number, void* pointer) => command switch
    {
        OpenSsl.BioCtrlFlush => 1,
        OpenSsl.BioCtrlDgramQueryMtu or OpenSsl.BioCtrlDgramGetMtu or OpenSsl.BioCtrlDgramGetFallbackMtu => Mtu,
        OpenSsl.BioCtrlDgramSetMtu => number,
        OpenSsl.BioCtrlDgramGetMtuOverhead => IpAndUdpHeader,
        _ => 0,
    };
}
