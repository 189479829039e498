using Gateway.Net.Sip;

namespace Gateway.Net.Tests.Sip;

public sealed class MailboxTests
{
    private static Mail Of(string what) => new(MailKind.Message, what, default, default);

    private static string[] TakeAll(Mailbox mailbox)
    {
        var into = new Mail[16];
        var count = mailbox.Take(into, TimeSpan.Zero);
        return [.. into.Take(count).Select(mail => mail.Payload as string ?? "work")];
    }

    [Fact]
    public void Urgent_mail_goes_before_new_work()
    {
        var mailbox = new Mailbox(4, 4);
        Assert.True(mailbox.PostNew(Of("new")));
        Assert.True(mailbox.PostUrgent(Of("urgent")));
        Assert.True(mailbox.PostWork(static () => { }));

        Assert.Equal(["urgent", "work", "new"], TakeAll(mailbox));
        Assert.Empty(TakeAll(mailbox));
    }

    [Fact]
    public void A_full_box_refuses_new_work_first()
    {
        var mailbox = new Mailbox(2, 1);
        Assert.True(mailbox.PostNew(Of("a")));
        Assert.False(mailbox.PostNew(Of("b")));
        Assert.True(mailbox.PostUrgent(Of("c")));
        Assert.True(mailbox.PostUrgent(Of("d")));
        Assert.False(mailbox.PostUrgent(Of("e")));
        Assert.True(mailbox.PostWork(static () => { }));
        Assert.Equal(4, mailbox.Count);
    }

    [Fact]
    public void A_closed_box_gives_what_it_has_and_takes_nothing()
    {
        var mailbox = new Mailbox(2, 2);
        mailbox.PostNew(Of("last"));
        mailbox.Close();

        Assert.False(mailbox.PostWork(static () => { }));
        Assert.False(mailbox.PostUrgent(Of("late")));
        Assert.Equal(["last"], TakeAll(mailbox));
        Assert.Equal(0, mailbox.Take(new Mail[4], null));
    }

    [Fact]
    public async Task Mail_wakes_whoever_waits()
    {
        var mailbox = new Mailbox(2, 2);
        var taken = Task.Run(() => mailbox.Take(new Mail[4], null));
        mailbox.PostNew(Of("a"));

        Assert.Equal(1, await taken.WaitAsync(TimeSpan.FromSeconds(20)));
    }
}
