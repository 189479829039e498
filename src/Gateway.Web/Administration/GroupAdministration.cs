using System.Collections.Immutable;
using Gateway.Server.Accounts;
using Gateway.Server.Configuration;
using Gateway.Server.Routing;

namespace Gateway.Web.Administration;

/// <summary>Several accounts that ring together; the first answer wins.</summary>
public sealed record GroupResource : IResource
{
    public Guid Id { get; init; }

    public long Version { get; init; }

    public DateTimeOffset? UpdatedAt { get; init; }

    public string Name { get; init; } = "";

    /// <summary>Number or name that reaches the group from inside; empty for none.</summary>
    public string Extension { get; init; } = "";

    /// <summary>Ids of accounts.</summary>
    public ImmutableArray<Guid> Members { get; init; } = [];

    /// <summary>Seconds of ringing before the overflow, 5 to 300.</summary>
    public int RingSeconds { get; init; } = 30;

    /// <summary>Where the call goes when nobody answered; left out: it is refused.</summary>
    public Destination? Overflow { get; init; }
}

/// <summary>The ring groups.</summary>
internal sealed class GroupAdministration(AdministrationCore core) : ConfiguredObjects<GroupResource, RingGroup>(core)
{
    private const int MostMembers = 100;

    protected override GroupResource Show(Stored<RingGroup> stored)
    {
        var group = stored.Value;
        return new GroupResource
        {
            Id = group.Id, Version = stored.Version, UpdatedAt = stored.UpdatedAt, Name = group.Name, Extension = group.Extension, Members = group.Members,
            RingSeconds = group.RingSeconds, Overflow = group.Overflow,
        };
    }

    protected override RingGroup Build(Guid id, GroupResource wanted, RingGroup? old) => new()
    {
        Id = id, DomainId = Core.DomainId, Name = wanted.Name.Trim(), Extension = wanted.Extension.Trim().ToLowerInvariant(), Members = [.. wanted.Members.Distinct()],
        RingSeconds = wanted.RingSeconds, Overflow = wanted.Overflow,
    };

    protected override IEnumerable<string> UsersOf(RingGroup value) => References.ToGroup(value.Id, Core.Configuration.Current);

    protected override void Check(GroupResource wanted, RingGroup? old, FieldErrors errors)
    {
        errors.Name("name", wanted.Name);
        errors.Range("ringSeconds", wanted.RingSeconds, 5, 300);
        errors.Count("members", wanted.Members, MostMembers);
        for (var i = 0; i < wanted.Members.Length; i++)
        {
            if (!Core.Accounts.TryGet(wanted.Members[i], out _))
            {
                errors.Add($"members[{i}]", "There is no account with this id.");
            }
        }

        if (wanted.Extension.Trim() is { Length: > 0 } extension)
        {
            if (!UserName.TryNormalise(extension, out var name, out var complaint))
            {
                errors.Add("extension", complaint);
            }
            else if (Core.Accounts.TryGet(name, out var account))
            {
                errors.Add("extension", $"The account {account.User} has this name or number: choose another.");
            }
            else if (Core.Configuration.Current.Groups.FirstOrDefault(group => group.Id != old?.Id && string.Equals(group.Extension, name, StringComparison.OrdinalIgnoreCase)) is { } other)
            {
                errors.Add("extension", $"The group '{other.Name}' has this number: choose another.");
            }
        }

        if (wanted.Overflow is { } overflow)
        {
            if (overflow is Destination.ToGroup(var self) && self == old?.Id)
            {
                errors.Add("overflow.group", "A group cannot overflow into itself.");
            }

            References.Check("overflow", overflow, Core.Configuration.Current, Core.Accounts, errors);
        }
    }
}
