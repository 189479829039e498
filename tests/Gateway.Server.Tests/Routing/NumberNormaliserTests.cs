using System.Globalization;
using Gateway.Server.Routing;
using Gateway.Testing;

namespace Gateway.Server.Tests.Routing;

/// <summary>Dialled digits become E.164 by the plans of several countries; special numbers stay what they are.</summary>
public sealed class NumberNormaliserTests
{
    private static readonly NumberPlan s_berlin = Plan("49", "0", "00", "30") with { ShortCodes = ["115"] };
    private static readonly NumberPlan s_germany = Plan("49", "0", "00", "");
    private static readonly NumberPlan s_newYork = Plan("1", "1", "011", "212");
    private static readonly NumberPlan s_spain = Plan("34", "", "00", "");
    private static readonly NumberPlan s_china = Plan("86", "0", "00", "10");
    private static readonly NumberPlan s_none = Plan("", "0", "00", "");

    private static NumberPlan Plan(string country, string national, string international, string area) => NumberPlan.Default with
    {
        CountryCode = country, NationalPrefix = national, InternationalPrefix = international, AreaCode = area,
    };

    private static NumberPlan PlanOf(string name) => name switch
    {
        "berlin" => s_berlin,
        "germany" => s_germany,
        "newyork" => s_newYork,
        "spain" => s_spain,
        "china" => s_china,
        _ => s_none,
    };

    [Theory]
    [InlineData("berlin", "+49 30 1234-567", "+49301234567", NumberClass.National)]
    [InlineData("berlin", "0049301234567", "+49301234567", NumberClass.National)]
    [InlineData("berlin", "0301234567", "+49301234567", NumberClass.National)]
    [InlineData("berlin", "(030) 1234.567", "+49301234567", NumberClass.National)]
    [InlineData("berlin", "1234567", "+49301234567", NumberClass.National)]
    [InlineData("berlin", "0044 20 7946 0000", "+442079460000", NumberClass.International)]
    [InlineData("berlin", "0900 123456", "+49900123456", NumberClass.Premium)]
    [InlineData("berlin", "+49900123456", "+49900123456", NumberClass.Premium)]
    [InlineData("berlin", "+979123456789", "+979123456789", NumberClass.Premium)]
    [InlineData("germany", "1234567", null, NumberClass.National)]
    [InlineData("newyork", "5550100", "+12125550100", NumberClass.National)]
    [InlineData("newyork", "4155550100", "+14155550100", NumberClass.National)]
    [InlineData("newyork", "1-415-555-0100", "+14155550100", NumberClass.National)]
    [InlineData("newyork", "011 49 30 1234567", "+49301234567", NumberClass.International)]
    [InlineData("newyork", "1-900-555-0100", "+19005550100", NumberClass.Premium)]
    [InlineData("newyork", "1-876-555-0100", "+18765550100", NumberClass.International)]
    [InlineData("newyork", "1001", null, NumberClass.National)]
    [InlineData("spain", "912345678", "+34912345678", NumberClass.National)]
    [InlineData("spain", "201", null, NumberClass.National)]
    [InlineData("china", "02112345678", "+862112345678", NumberClass.National)]
    [InlineData("china", "65551234", "+861065551234", NumberClass.National)]
    [InlineData("none", "0301234567", null, NumberClass.National)]
    [InlineData("none", "0044207946", "+44207946", NumberClass.International)]
    [InlineData("none", "201", null, NumberClass.National)]
    [Row(61)]
    public void Numbers_become_what_the_plan_says(string plan, string dialled, string? e164, NumberClass kind)
    {
        var number = NumberNormaliser.For(PlanOf(plan)).Read(dialled);

        Assert.Equal((e164, kind), (number.E164, number.Class));
        Assert.True(number.IsNumber);
        Assert.Null(number.Problem);
    }

    [Theory]
    [InlineData("berlin", "112")]
    [InlineData("berlin", "1-1-2")]
    [InlineData("berlin", "+49112")]
    [InlineData("berlin", "0049112")]
    [InlineData("berlin", "0112")]
    [InlineData("spain", "+34112")]
    [InlineData("none", "112")]
    public void An_emergency_number_is_never_completed(string plan, string dialled)
    {
        var number = NumberNormaliser.For(PlanOf(plan)).Read(dialled);

        Assert.Equal((NumberClass.Emergency, "112", null), (number.Class, number.Outgoing, number.E164));
    }

    [Theory]
    [InlineData("newyork", "911")]
    [InlineData("newyork", "1911")]
    [InlineData("newyork", "+1911")]
    public void Nor_is_it_in_north_america(string plan, string dialled) =>
        Assert.Equal((NumberClass.Emergency, "911"), NumberNormaliser.For(PlanOf(plan)).Read(dialled) is var number ? (number.Class, number.Outgoing) : default);

    [Theory]
    [InlineData("+491125")]
    [InlineData("01123")]
    [InlineData("1120000")]
    [InlineData("+1112")]
    public void What_only_begins_like_one_is_none(string dialled) =>
        Assert.NotEqual(NumberClass.Emergency, NumberNormaliser.For(s_berlin).Read(dialled).Class);

    [Theory]
    [InlineData("115", NumberClass.Short)]
    [InlineData("*21*201#", NumberClass.Short)]
    [InlineData("#31#", NumberClass.Short)]
    [InlineData("*43", NumberClass.Short)]
    public void Short_and_star_codes_go_out_as_dialled(string dialled, NumberClass kind)
    {
        var number = NumberNormaliser.For(s_germany with { ShortCodes = ["115"] }).Read(dialled);

        Assert.Equal((kind, dialled, null), (number.Class, number.Outgoing, number.E164));
    }

    [Theory, Threat(28)]
    [InlineData("*31#0900123456", NumberClass.Premium)]
    [InlineData("#31#00442079460000", NumberClass.International)]
    [InlineData("**21*+1900555000#", NumberClass.Premium)]
    [InlineData("*31#0301234567", NumberClass.National)]
    [InlineData("*31#00000", NumberClass.International)]
    public void A_code_does_not_hide_what_a_number_costs(string dialled, NumberClass kind) =>
        Assert.Equal(kind, NumberNormaliser.For(s_berlin).Read(dialled).Class);

    [Theory]
    [InlineData("+4930123456789012")]
    [InlineData("004930123456789012")]
    [InlineData("+")]
    [InlineData("++49")]
    [InlineData("+049301234")]
    [InlineData("000493012")]
    [InlineData("12+34")]
    public void What_can_be_no_number_says_why(string dialled)
    {
        var number = NumberNormaliser.For(s_berlin).Read(dialled);

        Assert.NotNull(number.Problem);
        Assert.Null(number.E164);
        // Whoever forgets to look at the problem still has no cheap number.
        Assert.Equal(NumberClass.International, number.Class);
    }

    [Fact]
    public void Fifteen_digits_are_the_most()
    {
        var numbers = NumberNormaliser.For(s_berlin);

        Assert.Equal("+493012345678901", numbers.Read("+493012345678901").E164);
        Assert.Contains("15 digits", numbers.Read("+4930123456789012").Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bob")]
    [InlineData("")]
    [InlineData("4930a")]
    [InlineData("+49 30 ١٢٣")]
    public void Names_are_no_numbers(string dialled)
    {
        var name = NumberNormaliser.For(s_berlin).Read(dialled);

        Assert.Equal((false, NumberClass.Internal, null), (name.IsNumber, name.Class, name.E164));
    }

    [Theory, Rfc(3966, "5.1.5")]
    [InlineData("1234567", "", true)]
    [InlineData("1234567", "+49", true)]
    [InlineData("1234567", "+49-30", true)]
    [InlineData("0301234567", "+4930", true)]
    [InlineData("1234567", "+4989", false)]
    [InlineData("1234567", "+33", false)]
    [InlineData("1234567", "munich.example.com", false)]
    [InlineData("+49301234567", "munich.example.com", true)]
    public void A_local_number_is_only_called_where_it_is_understood(string dialled, string context, bool understood)
    {
        var number = NumberNormaliser.For(s_berlin).Read(dialled, context);

        Assert.Equal(understood, number.Problem is null);
        Assert.Equal(understood ? "+49301234567" : null, number.E164);
    }

    [Fact]
    public void Whatever_is_dialled_some_laws_hold()
    {
        var random = new Random(20_261_120);
        const string Alphabet = "0123456789+*#-. ()ab;@";
        foreach (var plan in new[] { s_berlin, s_germany, s_newYork, s_spain, s_china, s_none })
        {
            var numbers = NumberNormaliser.For(plan);
            for (var i = 0; i < 20_000; i++)
            {
                var dialled = Random(random, i % 2 == 0 ? "0123456789+" : Alphabet);
                var number = numbers.Read(dialled);
                if (number.E164 is { } e164)
                {
                    Assert.Matches(@"\A\+[1-9][0-9]{0,14}\z", e164);
                    // What is E.164 stays as it is, with its kind.
                    Assert.Equal((e164, number.Class), (numbers.Read(e164).E164, numbers.Read(e164).Class));
                    Assert.NotEqual(NumberClass.Emergency, number.Class);
                    Assert.Equal(e164, number.Outgoing);
                }

                if (number.Class == NumberClass.Emergency) Assert.Contains(number.Outgoing, plan.Emergency);
                Assert.Equal(plan.Emergency.Contains(number.Dialled), number.Class == NumberClass.Emergency && number.Outgoing == number.Dialled);
                Assert.Equal(number.IsNumber, number.Class != NumberClass.Internal);
                // Separators mean nothing (RFC 3966 §5.1.1).
                if (number is { IsNumber: true, Dialled.Length: > 1 }) Assert.Equal(number with { Problem = null }, numbers.Read($"{number.Dialled[0]}-({number.Dialled[1..]})") with { Problem = null });
            }
        }
    }

    [Fact]
    public void All_ways_to_dial_one_number_meet()
    {
        var random = new Random(7);
        for (var i = 0; i < 5_000; i++)
        {
            var subscriber = random.Next(2_000_000, 9_999_999).ToString(CultureInfo.InvariantCulture);
            Assert.Single(new[] { $"+4930{subscriber}", $"004930{subscriber}", $"030{subscriber}", subscriber }.Select(dialled => NumberNormaliser.For(s_berlin).Read(dialled).E164).Distinct());
            Assert.Single(new[] { $"+1212{subscriber}", $"0111212{subscriber}", $"1212{subscriber}", $"212{subscriber}", subscriber }.Select(dialled => NumberNormaliser.For(s_newYork).Read(dialled).E164).Distinct());
        }
    }

    private static string Random(Random random, string alphabet) =>
        new([.. Enumerable.Range(0, random.Next(0, 24)).Select(_ => alphabet[random.Next(alphabet.Length)])]);
}
