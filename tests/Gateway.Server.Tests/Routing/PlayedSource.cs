using System.Collections.Immutable;
using Gateway.Server.Ports;
using Gateway.Sip;

namespace Gateway.Server.Tests.Routing;

/// <summary>A location source whose answers the test writes; those that it holds back come when the test says so, or never.</summary>
internal sealed class PlayedSource(string name = "enum", bool onlyNumbers = false) : ILocationSource
{
    private readonly Queue<(LocationQuestion Question, ILoopScheduler Loop, Action<LocationAnswer> Done)> _held = [];

    public string Name { get; } = name;

    /// <summary>By number or user.</summary>
    public Dictionary<string, LocationAnswer> Answers { get; } = [];

    public List<LocationQuestion> Asked { get; } = [];

    public bool IsSlow { get; set; }

    public bool Takes(LocationQuestion question) => !onlyNumbers || question.E164 is not null;

    public void Ask(LocationQuestion question, ILoopScheduler loop, Action<LocationAnswer> done)
    {
        Asked.Add(question);
        if (IsSlow) _held.Enqueue((question, loop, done));
        else loop.Post(() => done(AnswerTo(question)));
    }

    /// <summary>What was held back is answered now.</summary>
    public void Release()
    {
        while (_held.TryDequeue(out var one)) one.Loop.Post(() => one.Done(AnswerTo(one.Question)));
    }

    public PlayedSource With(string number, params string[] targets)
    {
        Answers[number] = new LocationAnswer(LocationOutcome.Found, [.. targets.Select(Target)]) { Took = TimeSpan.FromMilliseconds(35) };
        return this;
    }

    private LocationAnswer AnswerTo(LocationQuestion question) => Answers.GetValueOrDefault(question.Number, LocationAnswer.NotFound);

    private static LocationTarget Target(string text) =>
        SipUri.TryParse(text, out var uri) ? new LocationTarget.Address(uri) : new LocationTarget.Number(text);
}
