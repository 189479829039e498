namespace Gateway.Media.Sessions;

/// <summary>
/// What a leg can do to the world: send a datagram on one of its paths, tell its owner what happened. The loop that drives
/// the leg implements it; a test writes down what it is told.
/// </summary>
public interface ILegHost
{
    /// <summary>Memory for one datagram, at least <see cref="MediaLimits.Datagram"/> bytes, good until <see cref="Send"/> or the next call.</summary>
    Span<byte> Rent();

    /// <summary>Sends the first bytes of the memory that was rented last.</summary>
    /// <param name="local">Our end: for a plain leg 0 is the RTP socket and 1 the RTCP socket, for a browser's leg the number of the shared socket.</param>
    void Send(int length, int local, in MediaAddress to);

    /// <summary>Tells the leg's owner.</summary>
    void Raise(in LegEvent happened);
}

public enum LegEventKind : byte
{
    /// <summary>Media can pass: keys are agreed, or the first RTP packet came.</summary>
    Ready,
    Failed,
    Silent,
    Digit,

    /// <summary>A plain leg's peer turned out to be at another address than its description says; of interest to the log.</summary>
    SourceLearned,

    /// <summary>A plain leg's peer has another port than before.</summary>
    SourceMoved,
}

public enum LegFailure : byte
{
    None,
    Fingerprint,
    Dtls,
    IceTimeout,
}

/// <summary>Something that the call which owns a leg wants to know.</summary>
/// <param name="Failure">Of <see cref="LegEventKind.Failed"/>.</param>
/// <param name="Digit">Of <see cref="LegEventKind.Digit"/>.</param>
/// <param name="Time">How long the silence or the digit was.</param>
public readonly record struct LegEvent(LegEventKind Kind, LegFailure Failure = LegFailure.None, char Digit = '\0', TimeSpan Time = default);
