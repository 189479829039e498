namespace Gateway.Net.Ldap;

/// <summary>Every size and count of the directory client, in one place: answers come from a network.</summary>
internal static class LdapLimits
{
    /// <summary>Bytes of one message that is read; a longer one ends the connection.</summary>
    public const int Message = 256 * 1024;

    /// <summary>Entries that a question asks for: one decides, a second says that the filter is not exact.</summary>
    public const int Entries = 2;

    /// <summary>Messages of one answer, references to other servers among them.</summary>
    public const int Messages = 64;

    /// <summary>Values of one attribute that are looked at.</summary>
    public const int Values = 8;

    /// <summary>Characters of one value that can be an address or a number.</summary>
    public const int Value = 256;

    /// <summary>Brackets inside brackets of a filter.</summary>
    public const int Depth = 16;

    /// <summary>Connections that wait for the next question.</summary>
    public const int Idle = 4;

    /// <summary>A connection that nobody has used for so long is not trusted any more: firewalls forget it.</summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromMinutes(1);
}
