namespace Gateway.Net.Dns;

/// <summary>
/// A small file of the system that is read again when it changes. It is looked at once a second at most; one that cannot be
/// read is as one that is empty.
/// </summary>
internal sealed class WatchedFile<T>(string path, Func<IEnumerable<string>, T> parse, TimeProvider time) where T : class
{
    private const long LongestFile = 1 << 20;
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private T? _value;
    private long _looked;
    private (DateTime Written, long Length) _seen;

    public T Value
    {
        get
        {
            lock (_gate)
            {
                if (_value is not null && time.GetElapsedTime(_looked) < s_interval)
                {
                    return _value;
                }

                _looked = time.GetTimestamp();
                var file = new FileInfo(path);
                var now = file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
                if (_value is null || now != _seen)
                {
                    _seen = now;
                    _value = parse(Read(file));
                }

                return _value;
            }
        }
    }

    private static string[] Read(FileInfo file)
    {
        try
        {
            return file.Exists && file.Length <= LongestFile ? File.ReadAllLines(file.FullName) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
