using Gateway.Web.Live;
using Microsoft.AspNetCore.Components;

namespace Gateway.Web.Components.Parts;

/// <summary>A part of a page that follows the gateway: it loads again after a change, at most a few times a second.</summary>
public abstract class LiveView : ComponentBase, IAsyncDisposable
{
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(400);

    private readonly CancellationTokenSource _ended = new();
    private int _dirty;
    private Task _loop = Task.CompletedTask;

    [Inject]
    internal GatewayEvents Events { get; set; } = null!;

    protected CancellationToken Ended => _ended.Token;

    /// <summary>Also without a change the view loads again after this long; null for never.</summary>
    protected virtual TimeSpan? Refresh => null;

    protected abstract Task LoadAsync(CancellationToken cancel);

    protected override Task OnInitializedAsync() => LoadAsync(Ended);

    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender)
        {
            Events.Changed += OnChanged;
            _loop = FollowAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Events.Changed -= OnChanged;
        await _ended.CancelAsync();
        await _loop;
        _ended.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Called by loops: only marks.</summary>
    private void OnChanged() => Interlocked.Exchange(ref _dirty, 1);

    private async Task FollowAsync()
    {
        using var timer = new PeriodicTimer(s_pace);
        var since = TimeSpan.Zero;
        try
        {
            while (await timer.WaitForNextTickAsync(Ended))
            {
                since += s_pace;
                if (Interlocked.Exchange(ref _dirty, 0) == 1 || since >= (Refresh ?? TimeSpan.MaxValue))
                {
                    since = TimeSpan.Zero;
                    await LoadAsync(Ended);
                    StateHasChanged();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
    }
}
