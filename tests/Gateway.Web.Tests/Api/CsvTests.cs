using Gateway.Testing;
using Gateway.Web.Api;

namespace Gateway.Web.Tests.Api;

public sealed class CsvTests
{
    [Theory, Threat(40)]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+49", "'+49")]
    [InlineData("-1", "'-1")]
    [InlineData("@cmd", "'@cmd")]
    [InlineData(" =1", "' =1")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("a=1", "a=1")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("a\"b", "\"a\"\"b\"")]
    [InlineData("a\nb", "\"a\nb\"")]
    [InlineData("\n=b", "\"'\n=b\"")]
    [InlineData("", "")]
    public void Text_is_never_a_formula_and_never_leaves_its_cell(string text, string cell) => Assert.Equal(cell, Csv.Cell(text));

    [Fact]
    public void Numbers_stay_numbers() => Assert.Equal("-1.5,,true,7", Csv.Line([-1.5, null, true, 7]));
}
