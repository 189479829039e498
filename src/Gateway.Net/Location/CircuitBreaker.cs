namespace Gateway.Net.Location;

/// <summary>
/// Leaves a source alone that has failed several times in a row: for a while nobody asks it, then one question may try, and its
/// answer decides for all. Not thread-safe.
/// </summary>
internal sealed class CircuitBreaker(int failures, TimeSpan rest)
{
    private int _inARow;
    private TimeSpan _until = TimeSpan.MinValue;
    private bool _isTrying;

    /// <summary>False while nothing is wrong, or too little.</summary>
    public bool IsOpen => _inARow >= failures;

    /// <summary>True when a question may be asked now; of an open breaker one at a time, once it has rested.</summary>
    public bool TryEnter(TimeSpan now)
    {
        if (!IsOpen)
        {
            return true;
        }

        if (_isTrying || now < _until)
        {
            return false;
        }

        _isTrying = true;
        return true;
    }

    /// <summary>When the next question may be asked.</summary>
    public TimeSpan RestsFor(TimeSpan now) => _until > now ? _until - now : TimeSpan.Zero;

    public void Succeeded()
    {
        _inARow = 0;
        _isTrying = false;
    }

    public void Failed(TimeSpan now)
    {
        _inARow++;
        _isTrying = false;
        _until = now + rest;
    }
}
