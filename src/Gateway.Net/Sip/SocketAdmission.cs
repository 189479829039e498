using System.Net;
using Gateway.Server.Dispatch;

namespace Gateway.Net.Sip;

/// <summary>Why a connection is not let in.</summary>
public enum Admission : byte
{
    Granted,

    /// <summary>Its address has too many: others are no help to it.</summary>
    AddressFull,

    /// <summary>There are too many in all, or no files left: one that goes makes room.</summary>
    Full,
}

/// <summary>Counts open connections, in all and of each address, and refuses what is too many. Thread-safe.</summary>
/// <param name="files">Shared with connections of other kinds; null for none.</param>
public sealed class SocketAdmission(int most, int mostPerAddress, OpenFileBudget? files = null)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, int> _perAddress = [];
    private int _open;

    public int Open => Volatile.Read(ref _open);

    public bool TryEnter(IPAddress address) => Enter(address) == Admission.Granted;

    public Admission Enter(IPAddress address)
    {
        var key = Subscriber.KeyOf(address);
        lock (_gate)
        {
            var ofAddress = _perAddress.GetValueOrDefault(key);
            if (ofAddress >= mostPerAddress)
            {
                return Admission.AddressFull;
            }

            if (_open >= most || files?.TryTake() == false)
            {
                return Admission.Full;
            }

            _open++;
            _perAddress[key] = ofAddress + 1;
            return Admission.Granted;
        }
    }

    public void Leave(IPAddress address)
    {
        var key = Subscriber.KeyOf(address);
        lock (_gate)
        {
            _open--;
            files?.Return();
            if (_perAddress[key] == 1)
            {
                _perAddress.Remove(key);
            }
            else
            {
                _perAddress[key]--;
            }
        }
    }
}
