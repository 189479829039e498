import type { Failure } from '../core/failures.js';

/** Every word the phone shows, in both languages. The browser's language chooses; English is the fall-back. */
const english = {
  phone: 'Phone',
  dial: 'Number or name',
  dialHint: 'Type, paste or use the keys',
  call: 'Call',
  erase: 'Delete last character',
  keypad: 'Keypad',
  echoTest: 'Echo test',
  toneTest: 'Tone',
  mute: 'Mute',
  unmute: 'Unmute',
  hold: 'Hold',
  resume: 'Resume',
  keys: 'Keys',
  hangUp: 'Hang up',
  answer: 'Answer',
  decline: 'Decline',
  close: 'Close',
  retry: 'Try again',
  signIn: 'Sign in again',
  useHere: 'Use the phone here',
  preparing: 'Opening the microphone…',
  dialling: 'Calling…',
  ringing: 'Ringing…',
  incoming: 'Incoming call',
  answering: 'Connecting…',
  active: 'In call',
  onHold: 'On hold',
  remoteHold: 'Held by the other side',
  muted: 'Muted',
  reconnecting: 'Connection lost, reconnecting…',
  holdRefused: 'The other side refused. The call goes on.',
  ended: 'Call ended',
  connecting: 'Connecting…',
  registered: 'Ready',
  offline: 'Offline',
  stopped: 'Not connected',
  failedState: 'Not connected',
  retryIn: 'Next try in {0} s',
  microphone: 'Microphone',
  speaker: 'Speaker',
  systemDefault: 'System default',
  level: 'Level',
  treatment: 'Sound treatment',
  echoCancellation: 'Cancel echo',
  echoCancellationHint: 'Keeps the other side from hearing itself. Switch off for music or test tones.',
  noiseSuppression: 'Suppress noise',
  noiseSuppressionHint: 'Takes out fans and typing.',
  autoGainControl: 'Even out the volume',
  autoGainControlHint: 'Makes a quiet voice louder.',
  testMicrophone: 'Test the microphone',
  stopTest: 'Stop the test',
  levelQuiet: 'No sound yet: speak, or choose another microphone.',
  levelGood: 'You can be heard.',
  allowDevices: 'Allow the microphone to see the names of your devices.',
  unnamedDevice: 'Device {0}',
  incomingTitle: '{0} is calling',
  leaveWarning: 'You are in a call.',
};

export type Words = typeof english;

const chinese: Words = {
  phone: '电话',
  dial: '号码或名称',
  dialHint: '键入、粘贴或使用按键',
  call: '呼叫',
  erase: '删除最后一个字符',
  keypad: '拨号盘',
  echoTest: '回声测试',
  toneTest: '测试音',
  mute: '静音',
  unmute: '取消静音',
  hold: '保持',
  resume: '恢复',
  keys: '按键',
  hangUp: '挂断',
  answer: '接听',
  decline: '拒绝',
  close: '关闭',
  retry: '重试',
  signIn: '重新登录',
  useHere: '在此处使用电话',
  preparing: '正在打开麦克风…',
  dialling: '正在呼叫…',
  ringing: '对方振铃中…',
  incoming: '来电',
  answering: '正在接通…',
  active: '通话中',
  onHold: '已保持',
  remoteHold: '对方已保持通话',
  muted: '已静音',
  reconnecting: '连接中断，正在重连…',
  holdRefused: '对方拒绝了该操作，通话继续。',
  ended: '通话结束',
  connecting: '正在连接…',
  registered: '就绪',
  offline: '离线',
  stopped: '未连接',
  failedState: '未连接',
  retryIn: '{0} 秒后重试',
  microphone: '麦克风',
  speaker: '扬声器',
  systemDefault: '系统默认',
  level: '音量',
  treatment: '声音处理',
  echoCancellation: '消除回声',
  echoCancellationHint: '避免对方听到自己的声音。播放音乐或测试音时请关闭。',
  noiseSuppression: '抑制噪声',
  noiseSuppressionHint: '滤除风扇和键盘声。',
  autoGainControl: '自动调节音量',
  autoGainControlHint: '让轻声更清楚。',
  testMicrophone: '测试麦克风',
  stopTest: '停止测试',
  levelQuiet: '还没有声音：请说话，或换一个麦克风。',
  levelGood: '可以听到您的声音。',
  allowDevices: '允许使用麦克风后可看到设备名称。',
  unnamedDevice: '设备 {0}',
  incomingTitle: '{0} 来电',
  leaveWarning: '您正在通话中。',
};

/** What happened, and what to do about it. */
export interface Explanation {
  what: string;
  advice: string;
}

const englishFailures: Record<Failure, Explanation> = {
  'microphone-refused': { what: 'The microphone is not allowed', advice: 'Click the icon beside the address bar, allow the microphone for this page, and call again.' },
  'microphone-missing': { what: 'No microphone was found', advice: 'Plug one in, or choose another in Settings.' },
  'microphone-busy': { what: 'The microphone is in use', advice: 'Close the other program that uses it, and call again.' },
  'signed-out': { what: 'Your session has ended', advice: 'Sign in again with your account and password.' },
  'used-elsewhere': { what: 'The phone is open in another window', advice: 'Go on there, or take it over here.' },
  'refused-by-policy': { what: 'The gateway does not admit this page', advice: 'Open the phone at the address your administrator gave you.' },
  'not-registered': { what: 'The phone is not connected', advice: 'Wait until it says Ready, then call again.' },
  'not-found': { what: 'This number does not exist', advice: 'Check it for typing errors.' },
  busy: { what: 'The line is busy', advice: 'Try again in a few minutes.' },
  declined: { what: 'The call was declined', advice: 'The other side does not want to talk now.' },
  forbidden: { what: 'You may not call this number', advice: 'Ask your administrator to allow it.' },
  'no-answer': { what: 'Nobody answered', advice: 'Try again later.' },
  unavailable: { what: 'The other phone is not connected', advice: 'Try again when it is switched on.' },
  'no-common-codec': { what: 'The two phones do not understand each other', advice: 'They share no audio codec. Tell your administrator which number you called.' },
  'network-lost': { what: 'The connection was lost', advice: 'Check your network. The phone reconnects by itself.' },
  overloaded: { what: 'The gateway is busy', advice: 'Try again in a minute.' },
  'server-error': { what: 'The gateway could not do this', advice: 'Try again. If it stays so, tell your administrator.' },
  'bad-number': { what: 'This cannot be dialled', advice: 'Enter a number, a name or an address such as bob@example.org.' },
  failed: { what: 'The call did not work', advice: 'Try again. If it stays so, tell your administrator.' },
};

const chineseFailures: Record<Failure, Explanation> = {
  'microphone-refused': { what: '未允许使用麦克风', advice: '点击地址栏旁的图标，允许此页面使用麦克风，然后重新呼叫。' },
  'microphone-missing': { what: '未找到麦克风', advice: '请接入麦克风，或在设置中另选一个。' },
  'microphone-busy': { what: '麦克风被占用', advice: '请关闭正在使用它的其他程序，然后重新呼叫。' },
  'signed-out': { what: '登录已失效', advice: '请用账号和密码重新登录。' },
  'used-elsewhere': { what: '电话已在另一窗口打开', advice: '请在那里继续，或在此处接管。' },
  'refused-by-policy': { what: '网关不接受此页面', advice: '请从管理员提供的地址打开电话。' },
  'not-registered': { what: '电话尚未连接', advice: '请等到显示“就绪”后再呼叫。' },
  'not-found': { what: '该号码不存在', advice: '请检查是否输入有误。' },
  busy: { what: '对方正忙', advice: '请几分钟后再试。' },
  declined: { what: '对方拒绝了来电', advice: '对方现在不便通话。' },
  forbidden: { what: '您无权呼叫该号码', advice: '请联系管理员开通。' },
  'no-answer': { what: '无人接听', advice: '请稍后再试。' },
  unavailable: { what: '对方电话未连接', advice: '请在对方开机后再试。' },
  'no-common-codec': { what: '双方电话无法互通', advice: '双方没有共同的音频编码。请将所拨号码告知管理员。' },
  'network-lost': { what: '连接中断', advice: '请检查网络，电话会自动重连。' },
  overloaded: { what: '网关繁忙', advice: '请一分钟后再试。' },
  'server-error': { what: '网关无法完成操作', advice: '请重试。如仍不行，请联系管理员。' },
  'bad-number': { what: '无法拨打', advice: '请输入号码、名称或类似 bob@example.org 的地址。' },
  failed: { what: '呼叫未成功', advice: '请重试。如仍不行，请联系管理员。' },
};

export interface Language {
  readonly words: Words;
  readonly failures: Readonly<Record<Failure, Explanation>>;
}

export function languageOf(tags: readonly string[]): Language {
  // The first language that we speak wins; other Chinese scripts read this one better than English.
  for (const tag of tags) {
    if (/^zh\b/i.test(tag)) return { words: chinese, failures: chineseFailures };
    if (/^en\b/i.test(tag)) break;
  }
  return { words: english, failures: englishFailures };
}

export function format(text: string, value: string | number): string {
  return text.replace('{0}', String(value));
}
