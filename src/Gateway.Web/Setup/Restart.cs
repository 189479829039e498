namespace Gateway.Web.Setup;

/// <summary>Ends this run of the host and begins another one in the same process: calls get their BYE, registrations stay.</summary>
internal sealed class Restart(IHostApplicationLifetime lifetime)
{
    public bool IsWanted { get; private set; }

    public void Request()
    {
        IsWanted = true;
        lifetime.StopApplication();
    }
}
