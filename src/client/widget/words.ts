import type { WidgetFailure } from './types.js';

const english = {
  call: 'Call',
  dialog: 'Call: {0}',
  loading: 'One moment…',
  microphone: 'Allow the microphone',
  microphoneAdvice: 'Your browser asks whether this page may use the microphone. The call needs it.',
  connecting: 'Connecting…',
  ringing: 'Ringing…',
  active: 'In call',
  muted: 'In call, muted',
  reconnecting: 'Connection lost, coming back…',
  held: 'On hold',
  ended: 'Call ended',
  talked: 'Talked for {0}',
  closed: 'We are closed now',
  opens: 'We open {0}.',
  closedAdvice: 'Please call again during our hours.',
  cancel: 'Cancel',
  hangUp: 'Hang up',
  mute: 'Mute',
  unmute: 'Unmute',
  keypad: 'Keypad',
  close: 'Close',
  again: 'Call again',
  retry: 'Try again',
  good: 'Good connection',
  fair: 'Fair connection',
  poor: 'Poor connection',
  star: 'star',
  hash: 'hash',
  callbackNumber: 'Your phone number',
  callbackSend: 'Call me back',
  callbackSent: 'Thank you. We will call you back.',
  callbackFailed: 'This could not be sent. Please try again.',
  callbackInvalid: 'Please enter a phone number.',
};

export type WidgetWords = typeof english;

const chinese: WidgetWords = {
  call: '呼叫',
  dialog: '通话：{0}',
  loading: '请稍候…',
  microphone: '请允许使用麦克风',
  microphoneAdvice: '浏览器会询问是否允许此页面使用麦克风，通话需要此权限。',
  connecting: '正在连接…',
  ringing: '正在振铃…',
  active: '通话中',
  muted: '通话中（已静音）',
  reconnecting: '连接中断，正在恢复…',
  held: '对方已保持通话',
  ended: '通话已结束',
  talked: '通话时长 {0}',
  closed: '现在是非营业时间',
  opens: '我们将于{0}开始营业。',
  closedAdvice: '请在营业时间内来电。',
  cancel: '取消',
  hangUp: '挂断',
  mute: '静音',
  unmute: '取消静音',
  keypad: '拨号盘',
  close: '关闭',
  again: '再次呼叫',
  retry: '重试',
  good: '连接良好',
  fair: '连接一般',
  poor: '连接较差',
  star: '星号',
  hash: '井号',
  callbackNumber: '您的电话号码',
  callbackSend: '请回电给我',
  callbackSent: '谢谢，我们会给您回电。',
  callbackFailed: '发送失败，请重试。',
  callbackInvalid: '请输入电话号码。',
};

/** What happened, and what to do about it; whether trying again at once can help. */
export interface Explanation {
  what: string;
  advice: string;
}

const englishFailures: Record<WidgetFailure, Explanation> = {
  'microphone-refused': { what: 'The microphone is not allowed', advice: 'Click the icon beside the address bar, allow the microphone for this page, and try again.' },
  'microphone-missing': { what: 'No microphone was found', advice: 'Plug in a microphone or a headset, and try again.' },
  'microphone-busy': { what: 'The microphone is in use', advice: 'Close the other program that uses it, and try again.' },
  insecure: { what: 'This page is not secure', advice: 'Calls work only on pages that are loaded by https.' },
  'old-browser': { what: 'This browser cannot call', advice: 'Please use a current version of Chrome, Edge, Firefox or Safari.' },
  'not-loaded': { what: 'The phone could not be loaded', advice: 'Check your connection and try again. An ad blocker may be in the way.' },
  offline: { what: 'You are offline', advice: 'Check your network connection, and try again.' },
  unreachable: { what: 'The call service cannot be reached', advice: 'It does not answer this page. Please try again later.' },
  'network-lost': { what: 'The connection was lost', advice: 'Check your network connection, and call again.' },
  busy: { what: 'The line is busy', advice: 'Please try again in a few minutes.' },
  'all-busy': { what: 'All lines are busy', advice: 'Please try again in a few minutes.' },
  declined: { what: 'The call was not taken', advice: 'Please try again later.' },
  'no-answer': { what: 'Nobody answered', advice: 'Please try again later.' },
  unavailable: { what: 'Nobody can be reached now', advice: 'Please try again later.' },
  disabled: { what: 'Calls are switched off', advice: 'Please contact us in another way.' },
  limit: { what: 'There were too many calls', advice: 'Please wait a while before you call again.' },
  captcha: { what: 'The check did not work', advice: 'Please load the page anew and try again.' },
  'not-allowed': { what: 'This page may not call', advice: 'Please load the page anew. If it stays so, contact us in another way.' },
  'no-common-codec': { what: 'The call could not be set up', advice: 'The two sides have no way of carrying sound in common.' },
  'server-error': { what: 'The call service has a problem', advice: 'Please try again in a minute.' },
  failed: { what: 'The call did not work', advice: 'Please try again.' },
};

const chineseFailures: Record<WidgetFailure, Explanation> = {
  'microphone-refused': { what: '未允许使用麦克风', advice: '请点击地址栏旁的图标，允许此页面使用麦克风，然后重试。' },
  'microphone-missing': { what: '未找到麦克风', advice: '请接入麦克风或耳机后重试。' },
  'microphone-busy': { what: '麦克风被占用', advice: '请关闭正在使用它的其他程序后重试。' },
  insecure: { what: '此页面不安全', advice: '只有通过 https 加载的页面才能通话。' },
  'old-browser': { what: '此浏览器无法通话', advice: '请使用新版 Chrome、Edge、Firefox 或 Safari。' },
  'not-loaded': { what: '电话组件加载失败', advice: '请检查网络后重试，也可能是广告拦截插件造成的。' },
  offline: { what: '您已离线', advice: '请检查网络连接后重试。' },
  unreachable: { what: '无法连接通话服务', advice: '服务没有响应此页面，请稍后再试。' },
  'network-lost': { what: '连接已中断', advice: '请检查网络连接后重新呼叫。' },
  busy: { what: '线路忙', advice: '请几分钟后再试。' },
  'all-busy': { what: '所有线路都忙', advice: '请几分钟后再试。' },
  declined: { what: '对方未接听', advice: '请稍后再试。' },
  'no-answer': { what: '无人接听', advice: '请稍后再试。' },
  unavailable: { what: '目前无人可接听', advice: '请稍后再试。' },
  disabled: { what: '通话功能已关闭', advice: '请用其他方式联系我们。' },
  limit: { what: '呼叫次数过多', advice: '请稍等一段时间再呼叫。' },
  captcha: { what: '验证未通过', advice: '请刷新页面后重试。' },
  'not-allowed': { what: '此页面不能呼叫', advice: '请刷新页面。如仍不行，请用其他方式联系我们。' },
  'no-common-codec': { what: '无法建立通话', advice: '双方没有共同的音频编码。' },
  'server-error': { what: '通话服务出现问题', advice: '请一分钟后再试。' },
  failed: { what: '呼叫未成功', advice: '请重试。' },
};

export interface WidgetLanguage {
  readonly tag: string;
  readonly words: WidgetWords;
  readonly failures: Readonly<Record<WidgetFailure, Explanation>>;
}

/** Chinese for Chinese readers, English for all others. */
export function languageOf(tag: string): WidgetLanguage {
  return /^zh\b/i.test(tag) ? { tag: 'zh-Hans', words: chinese, failures: chineseFailures } : { tag: 'en', words: english, failures: englishFailures };
}

export function fill(text: string, value: string): string {
  return text.replace('{0}', value);
}
