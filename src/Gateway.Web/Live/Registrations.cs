using Gateway.Net.Sip;
using Gateway.Server.Registrar;

namespace Gateway.Web.Live;

/// <summary>A registration as the console and the API show it.</summary>
internal sealed record RegistrationView(Guid Id, string Aor, string Contact, string Transport, string UserAgent, DateTimeOffset ExpiresAt)
{
    public static RegistrationView Of(Binding binding) => new(
        binding.Id, binding.Aor, binding.Contact.ToString() ?? "", binding.Flow.Transport.ToString().ToUpperInvariant(), binding.UserAgent, binding.ExpiresAt);
}

/// <summary>Who can be reached now, as the loops know it.</summary>
internal sealed class Registrations(GatewayHost host, TimeProvider time)
{
    public async Task<IReadOnlyList<RegistrationView>> ListAsync()
    {
        var now = time.GetUtcNow();
        var bindings = await host.BindingsAsync().ConfigureAwait(false);
        return [.. bindings.Where(binding => binding.ExpiresAt > now).OrderBy(binding => binding.Aor, StringComparer.Ordinal).Select(RegistrationView.Of)];
    }
}
