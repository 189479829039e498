namespace Gateway.Fuzz.Targets;

/// <summary>
/// Sequences of messages against a live core: phones on UDP, TCP and WebSocket, a trunk and a stranger say what fits and
/// what does not, whole and damaged, again and late. Nothing throws, and afterwards nothing is left: no transaction, call,
/// media leg, binding, subscription or timer.
/// </summary>
internal sealed class EndpointTarget : IFuzzTarget
{
    public string Name => "endpoint";

    public IReadOnlyList<string> MustReach => ["talked", "called"];

    public string Run(Random random)
    {
        var world = new EndpointWorld(random);
        for (var steps = random.Next(5, 25); steps > 0; steps--)
        {
            world.Step();
        }

        return world.End();
    }
}
