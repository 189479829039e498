using System.Net;
using Gateway.Server.Dispatch;

namespace Gateway.Net.Sip;

/// <summary>Counts open connections, in all and of each address, and refuses what is too many. Thread-safe.</summary>
public sealed class SocketAdmission(int most, int mostPerAddress)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, int> _perAddress = [];
    private int _open;

    public int Open => Volatile.Read(ref _open);

    public bool TryEnter(IPAddress address)
    {
        var key = Subscriber.KeyOf(address);
        lock (_gate)
        {
            var ofAddress = _perAddress.GetValueOrDefault(key);
            if (_open >= most || ofAddress >= mostPerAddress)
            {
                return false;
            }

            _open++;
            _perAddress[key] = ofAddress + 1;
            return true;
        }
    }

    public void Leave(IPAddress address)
    {
        var key = Subscriber.KeyOf(address);
        lock (_gate)
        {
            _open--;
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
