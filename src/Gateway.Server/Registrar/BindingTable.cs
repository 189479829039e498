using Gateway.Sip;

namespace Gateway.Server.Registrar;

/// <summary>The bindings of the AORs that this loop owns: the authority (the store is its journal). Loop-only.</summary>
public sealed class BindingTable
{
    /// <summary>The live bindings of user@domain, best q first, newest first among equals.</summary>
    public IReadOnlyList<Binding> Get(string aor, DateTimeOffset utcNow) => throw new NotImplementedException();

    public int Count => throw new NotImplementedException();

    public IEnumerable<Binding> All => throw new NotImplementedException();
}
