interface LoaderWords {
  call: string;
  failures: Readonly<Record<'insecure' | 'old-browser' | 'offline' | 'not-loaded', { what: string; advice: string }>>;
}

// The few words that are needed before the phone is loaded; the same as in words.ts, which a test compares.
const english: LoaderWords = {
  call: 'Call',
  failures: {
    insecure: { what: 'This page is not secure', advice: 'Calls work only on pages that are loaded by https.' },
    'old-browser': { what: 'This browser cannot call', advice: 'Please use a current version of Chrome, Edge, Firefox or Safari.' },
    offline: { what: 'You are offline', advice: 'Check your network connection, and try again.' },
    'not-loaded': { what: 'The phone could not be loaded', advice: 'Check your connection and try again. An ad blocker may be in the way.' },
  },
};

const chinese: LoaderWords = {
  call: '呼叫',
  failures: {
    insecure: { what: '此页面不安全', advice: '只有通过 https 加载的页面才能通话。' },
    'old-browser': { what: '此浏览器无法通话', advice: '请使用新版 Chrome、Edge、Firefox 或 Safari。' },
    offline: { what: '您已离线', advice: '请检查网络连接后重试。' },
    'not-loaded': { what: '电话组件加载失败', advice: '请检查网络后重试，也可能是广告拦截插件造成的。' },
  },
};

export function loaderWords(tag: string): LoaderWords {
  return /^zh\b/i.test(tag) ? chinese : english;
}
