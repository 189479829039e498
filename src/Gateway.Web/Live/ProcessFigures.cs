using System.Diagnostics.Metrics;

namespace Gateway.Web.Live;

/// <summary>What the process holds of the machine (meter Gateway.Process): memory, and open files against their limit. Looked at when somebody asks.</summary>
internal sealed class ProcessFigures : IDisposable
{
    private readonly Meter _meter = new("Gateway.Process");

    public ProcessFigures()
    {
        _meter.CreateObservableGauge("gateway.process.resident", static () => Environment.WorkingSet, "By", "Resident memory of the process.");
        _meter.CreateObservableGauge("gateway.process.heap", static () => GC.GetTotalMemory(false), "By", "Memory of the collector's heap that is in use, with what it has not collected yet.");
        _meter.CreateObservableGauge("gateway.process.full_collections", static () => GC.CollectionCount(GC.MaxGeneration), "{collection}", "Full collections since the start; a quiet gateway makes one to give memory back.");
        _meter.CreateObservableGauge("gateway.process.files", static () => OpenFiles(), "{file}", "Open files and sockets; 0 where it is not known.");
    }

    public void Dispose() => _meter.Dispose();

    private static int OpenFiles()
    {
        try
        {
            return Directory.Exists("/proc/self/fd") ? Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() : 0;
        }
        catch (IOException)
        {
            // No file left to look with: as many as there can be.
            return int.MaxValue;
        }
    }
}
