using Gateway.Fuzz.Targets;

namespace Gateway.Fuzz;

/// <summary>All targets, in the order in which they are run.</summary>
public static class FuzzTargets
{
    public static IReadOnlyList<IFuzzTarget> All { get; } =
    [
        new MessageTarget(), new StreamTarget(), new UriTarget(), new HeaderTarget(), new DigestTarget(), new MultipartTarget(), new SdpTarget(), new LegTarget(), new EndpointTarget(),
    ];
}
