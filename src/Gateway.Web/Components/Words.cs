using System.Globalization;

namespace Gateway.Web.Components;

/// <summary>Every word of the pages in both languages; the language of the request chooses (Setup/Language.cs). The phone has its own table (src/client/ui/strings.ts).</summary>
internal sealed record Words
{
    private static readonly Words s_english = new();

    private static readonly Words s_chinese = new()
    {
        MainMenu = "主菜单", Phone = "电话", Calls = "通话记录", Settings = "设置", Console = "控制台", SignOut = "退出登录",
        PageReconnecting = "页面正在重新连接。电话不受影响。", PageFailed = "页面与服务器断开，正在重试。通话继续。", PageRejected = "服务器已重启。通话结束后将重新加载页面。",
        SignIn = "登录", SignInLead = "使用您的账号打开电话。", Account = "账号", Password = "密码",
        WrongPassword = "账号或密码不正确。", CheckSpelling = "请检查大小写。首次启动网关时，终端会显示密码。", TooManyTries = "尝试次数过多。", WaitSeconds = "请等待 {0} 秒后再试。",
        RecentCalls = "最近通话", NoCalls = "还没有通话。", NoCallsLead = "用拨号盘呼叫 *43，听听自己的声音。", AllCalls = "全部通话记录",
        Who = "对方", When = "时间", Length = "时长", Result = "结果", Codec = "编码", Incoming = "呼入", Outgoing = "呼出", Missed = "未接",
        Answered = "已接通", Busy = "忙线", Declined = "已拒绝", NoAnswer = "无人接听", Cancelled = "已取消", NotFound = "号码不存在", Unavailable = "对方未连接", Failed = "失败", OpenEnd = "通话中", Estimated = "约",
        Older = "更早", SettingsLead = "麦克风、扬声器与声音处理。更改立即生效，通话中也一样。",
        ConsoleLead = "此网关当前的状态。", LiveCalls = "当前通话", Registrations = "注册", Sockets = "WebSocket 连接", CallsAtMost = "通话上限", Uptime = "运行时间", Memory = "内存",
        Caller = "主叫", Callee = "被叫", State = "状态", Nobody = "没有。", AccountOf = "账号", Contact = "联系地址", Device = "设备", Expires = "到期", Transport = "传输", Counters = "计数器", Name = "名称", Tags = "标签", Value = "数值",
        NotFoundTitle = "页面不存在", NotFoundLead = "此地址没有内容。", BackToPhone = "返回电话", DeniedTitle = "无权访问", DeniedLead = "此页面仅供管理员使用。", ErrorTitle = "出错了", ErrorLead = "请重试。如仍不行，请联系管理员。",
        Contacts = "联系人", Search = "搜索姓名或号码", AddContact = "添加联系人", EditContact = "编辑联系人", Edit = "编辑", Numbers = "号码", NumbersHelp = "每行一个；第一个用于拨号。", Favourite = "收藏", Save = "保存", Cancel = "取消", Delete = "删除", DeleteSure = "确认删除",
        NoContacts = "还没有联系人。", NoContactsLead = "添加常用号码，来电时会显示姓名。", Colleagues = "同事", CallName = "呼叫", ContactsFull = "通讯录已满。", OnlyMissed = "仅未接", Everything = "全部",
        SetupTitle = "创建管理员", SetupLead = "此网关还没有管理员。", SetupCode = "启动码", SetupCodeHelp = "网关启动时显示在终端中。", SetupName = "显示名称", SetupPassword = "密码（至少 12 个字符）",
        SetupPasswordHelp = "至少 12 个字符。SIP 话机也可以使用这个账号和密码注册。", SetupAgain = "再次输入密码", SetupCreate = "创建并登录", SetupWrongCode = "启动码不正确。请查看网关的终端。", SetupDiffer = "两次输入的密码不同。", SetupTaken = "此账号已存在。",
        TipsTitle = "试一试", TipEcho = "回声测试：您会听到自己的声音。", TipTone = "1004 Hz 测试音。", TipKeys = "在任意位置键入数字；Enter 呼叫，Esc 挂断。",
    };

    public static Words Now => CultureInfo.CurrentUICulture.Equals(Setup.Language.Chinese) ? s_chinese : s_english;

    public string MainMenu { get; init; } = "Main menu";
    public string Phone { get; init; } = "Phone";
    public string Calls { get; init; } = "Calls";
    public string Settings { get; init; } = "Settings";
    public string Console { get; init; } = "Console";
    public string SignOut { get; init; } = "Sign out";
    public string PageReconnecting { get; init; } = "The page is reconnecting. Your phone goes on.";
    public string PageFailed { get; init; } = "The page has lost the server and keeps trying. A call goes on.";
    public string PageRejected { get; init; } = "The server was restarted. The page loads anew when no call is on.";
    public string SignIn { get; init; } = "Sign in";
    public string SignInLead { get; init; } = "Open your phone with your account.";
    public string Account { get; init; } = "Account";
    public string Password { get; init; } = "Password";
    public string WrongPassword { get; init; } = "Account or password is wrong.";
    public string CheckSpelling { get; init; } = "Check upper and lower case. The gateway prints the first passwords in its terminal.";
    public string TooManyTries { get; init; } = "Too many tries.";
    public string WaitSeconds { get; init; } = "Wait {0} s, then try again.";
    public string RecentCalls { get; init; } = "Recent calls";
    public string NoCalls { get; init; } = "No calls yet.";
    public string NoCallsLead { get; init; } = "Dial *43 to hear yourself.";
    public string AllCalls { get; init; } = "All calls";
    public string Who { get; init; } = "Who";
    public string When { get; init; } = "When";
    public string Length { get; init; } = "Length";
    public string Result { get; init; } = "Result";
    public string Codec { get; init; } = "Codec";
    public string Incoming { get; init; } = "Incoming";
    public string Outgoing { get; init; } = "Outgoing";
    public string Missed { get; init; } = "Missed";
    public string Answered { get; init; } = "Answered";
    public string Busy { get; init; } = "Busy";
    public string Declined { get; init; } = "Declined";
    public string NoAnswer { get; init; } = "No answer";
    public string Cancelled { get; init; } = "Cancelled";
    public string NotFound { get; init; } = "Unknown number";
    public string Unavailable { get; init; } = "Not connected";
    public string Failed { get; init; } = "Failed";
    public string OpenEnd { get; init; } = "In call";
    public string Estimated { get; init; } = "about";
    public string Older { get; init; } = "Older";
    public string SettingsLead { get; init; } = "Microphone, speaker and how the sound is treated. Changes work at once, also in a call.";
    public string ConsoleLead { get; init; } = "What this gateway is doing now.";
    public string LiveCalls { get; init; } = "Live calls";
    public string Registrations { get; init; } = "Registrations";
    public string Sockets { get; init; } = "WebSockets";
    public string CallsAtMost { get; init; } = "Call limit";
    public string Uptime { get; init; } = "Running for";
    public string Memory { get; init; } = "Memory";
    public string Caller { get; init; } = "Caller";
    public string Callee { get; init; } = "Callee";
    public string State { get; init; } = "State";
    public string Nobody { get; init; } = "None.";
    public string AccountOf { get; init; } = "Account";
    public string Contact { get; init; } = "Contact";
    public string Device { get; init; } = "Device";
    public string Expires { get; init; } = "Expires";
    public string Transport { get; init; } = "Transport";
    public string Counters { get; init; } = "Counters";
    public string Name { get; init; } = "Name";
    public string Tags { get; init; } = "Tags";
    public string Value { get; init; } = "Value";
    public string NotFoundTitle { get; init; } = "No such page";
    public string NotFoundLead { get; init; } = "There is nothing at this address.";
    public string BackToPhone { get; init; } = "Back to the phone";
    public string DeniedTitle { get; init; } = "Not allowed";
    public string DeniedLead { get; init; } = "This page is for administrators.";
    public string ErrorTitle { get; init; } = "Something went wrong";
    public string ErrorLead { get; init; } = "Try again. If it stays so, tell your administrator.";
    public string Contacts { get; init; } = "Contacts";
    public string Search { get; init; } = "Search names and numbers";
    public string AddContact { get; init; } = "Add a contact";
    public string EditContact { get; init; } = "Edit contact";
    public string Edit { get; init; } = "Edit";
    public string Numbers { get; init; } = "Numbers";
    public string NumbersHelp { get; init; } = "One a line; the first is the one that is dialled.";
    public string Favourite { get; init; } = "Favourite";
    public string Save { get; init; } = "Save";
    public string Cancel { get; init; } = "Cancel";
    public string Delete { get; init; } = "Delete";
    public string DeleteSure { get; init; } = "Really delete";
    public string NoContacts { get; init; } = "No contacts yet.";
    public string NoContactsLead { get; init; } = "Add the numbers you call often; their names show when they call you.";
    public string Colleagues { get; init; } = "Colleagues";
    public string CallName { get; init; } = "Call";
    public string ContactsFull { get; init; } = "The address book is full.";
    public string OnlyMissed { get; init; } = "Missed";
    public string Everything { get; init; } = "All";
    public string SetupTitle { get; init; } = "Create the administrator";
    public string SetupLead { get; init; } = "This gateway has no administrator yet.";
    public string SetupCode { get; init; } = "Start code";
    public string SetupCodeHelp { get; init; } = "The gateway printed it in its terminal when it started.";
    public string SetupName { get; init; } = "Display name";
    public string SetupPassword { get; init; } = "Password (12 characters or more)";
    public string SetupPasswordHelp { get; init; } = "12 characters or more. A SIP phone can register with this account and password, too.";
    public string SetupAgain { get; init; } = "Password again";
    public string SetupCreate { get; init; } = "Create and sign in";
    public string SetupWrongCode { get; init; } = "The start code is wrong. Look at the gateway's terminal.";
    public string SetupDiffer { get; init; } = "The two passwords differ.";
    public string SetupTaken { get; init; } = "There is an account of this name.";
    public string TipsTitle { get; init; } = "Try it";
    public string TipEcho { get; init; } = "Echo test: you hear yourself.";
    public string TipTone { get; init; } = "A test tone of 1004 Hz.";
    public string TipKeys { get; init; } = "Type digits anywhere; Enter calls, Esc hangs up.";
}
