using Gateway.Server.Widgets;
using Gateway.Testing;

namespace Gateway.Server.Tests.Widgets;

public sealed class VisitorDataTests
{
    private const string Key = "0123456789abcdef0123456789abcdef";

    private static readonly Dictionary<string, string> s_visitor = new() { ["order-id"] = "42", ["customer"] = "Zoë \"Z\" \\ 张" };

    [Fact]
    public void The_canonical_form_is_sorted_and_escapes_as_little_as_JSON_allows() =>
        Assert.Equal("""{"customer":"Zoë \"Z\" \\ 张","order-id":"42"}""", VisitorData.Canonical(s_visitor));

    /// <summary>Made by the examples of docs/widget.md (Node and PHP give the same).</summary>
    [Fact]
    public void The_signature_is_what_the_documented_examples_make() =>
        Assert.Equal("9db240f4a7bf1affc3f6fda35f6e59e954e3868cb57c2e9c2809a00eaf5b78d0", VisitorData.Sign(Key, 1777896000, s_visitor));

    [Fact, Threat(28)]
    public void A_changed_value_name_time_or_key_breaks_the_signature()
    {
        var signature = VisitorData.Sign(Key, 1777896000, s_visitor);

        Assert.True(VisitorData.IsSigned(Key, 1777896000, s_visitor, signature));
        Assert.False(VisitorData.IsSigned(Key, 1777896001, s_visitor, signature));
        Assert.False(VisitorData.IsSigned(Key.ToUpperInvariant(), 1777896000, s_visitor, signature));
        Assert.False(VisitorData.IsSigned(Key, 1777896000, new Dictionary<string, string>(s_visitor) { ["order-id"] = "43" }, signature));
        Assert.False(VisitorData.IsSigned(Key, 1777896000, new Dictionary<string, string>(s_visitor) { ["extra"] = "1" }, signature));
        Assert.False(VisitorData.IsSigned(Key, 1777896000, s_visitor, null));
        Assert.False(VisitorData.IsSigned(Key, 1777896000, s_visitor, signature[..62]));
        Assert.False(VisitorData.IsSigned(Key, 1777896000, s_visitor, new string('z', 64)));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(300, true)]
    [InlineData(301, false)]
    [InlineData(-60, true)]
    [InlineData(-61, false)]
    public void A_signature_is_good_for_five_minutes(int age, bool fresh) =>
        Assert.Equal(fresh, VisitorData.IsFresh(WidgetFixtures.Now.ToUnixTimeSeconds() - age, WidgetFixtures.Now));

    [Theory, Threat(22)]
    [InlineData("a\r\nX-Evil: 1")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    [InlineData("a\u0085b")]
    [InlineData("a\u2028b")]
    [InlineData("\ud800")]
    [InlineData(null)]
    public void Values_that_could_begin_a_line_are_refused(string? value) =>
        Assert.NotNull(VisitorData.Complaint(new Dictionary<string, string> { ["a"] = value! }));

    [Theory, Threat(22)]
    [InlineData("")]
    [InlineData("1a")]
    [InlineData("a b")]
    [InlineData("a:b")]
    [InlineData("a\r\nb")]
    [InlineData("ä")]
    public void Names_that_are_no_header_names_are_refused(string name) =>
        Assert.NotNull(VisitorData.Complaint(new Dictionary<string, string> { [name] = "1" }));

    [Fact]
    public void Too_many_too_long_and_ambiguous_fields_are_refused()
    {
        Assert.NotNull(VisitorData.Complaint(Enumerable.Range(0, 17).ToDictionary(i => $"f{i}", _ => "1")));
        Assert.NotNull(VisitorData.Complaint(new Dictionary<string, string> { ["a"] = new('x', 201) }));
        Assert.NotNull(VisitorData.Complaint(Enumerable.Range(0, 6).ToDictionary(i => $"f{i}", _ => new string('x', 190))));
        Assert.NotNull(VisitorData.Complaint(new Dictionary<string, string> { ["order-id"] = "1", ["orderId"] = "2" }));
        Assert.Null(VisitorData.Complaint(s_visitor));
    }

    [Fact]
    public void Only_what_the_widget_names_passes_and_its_value_is_encoded()
    {
        var selected = VisitorData.Select(["Order-Id", "Customer"], new Dictionary<string, string> { ["orderId"] = "42 %", ["customer"] = "张", ["secret"] = "x" });

        Assert.Equal(2, selected.Count);
        Assert.Equal(("X-Order-Id", "42 %25"), VisitorData.Header("Order-Id", selected["Order-Id"]));
        Assert.Equal(("X-Customer", "%E5%BC%A0"), VisitorData.Header("Customer", selected["Customer"]));
    }
}
