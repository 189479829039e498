using Microsoft.AspNetCore.Components;

namespace Gateway.Web.Components.Console.Fields;

/// <summary>What every field of a form has: its name in the API (errors are found by it), a label, help, and an id that is its own.</summary>
public abstract class FieldBase : ComponentBase
{
    private static int s_last;

    protected string Id { get; } = $"f{Interlocked.Increment(ref s_last)}";

    protected string HelpId => Id + "-help";

    protected string ErrorId => Id + "-error";

    [CascadingParameter]
    public IFieldErrors? Errors { get; set; }

    /// <summary>As the API names it, e.g. <c>tls.certificate</c>.</summary>
    [Parameter, EditorRequired]
    public string Name { get; set; } = "";

    [Parameter, EditorRequired]
    public string Label { get; set; } = "";

    [Parameter]
    public string Help { get; set; } = "";

    [Parameter]
    public bool Disabled { get; set; }

    protected virtual string? Error => Errors?.ErrorOf(Name);

    /// <summary>For aria-describedby: null when there is nothing to describe it.</summary>
    protected string? DescribedBy => (Help.Length > 0, Error is not null) switch
    {
        (true, true) => $"{ErrorId} {HelpId}",
        (true, false) => HelpId,
        (false, true) => ErrorId,
        _ => null,
    };
}
