import {
  type AudioPreferences,
  type Clock,
  type PhoneSession,
  type PreferencesPort,
  SessionError,
  type SessionPort,
} from '../core/ports.js';

export const browserClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

const preferencesKey = 'gateway.audio';

export const browserPreferences: PreferencesPort = {
  load() {
    try {
      return JSON.parse(localStorage.getItem(preferencesKey) ?? '{}') as Partial<AudioPreferences>;
    } catch {
      return {};
    }
  },
  save(preferences) {
    try {
      localStorage.setItem(preferencesKey, JSON.stringify(preferences));
    } catch {
      // Storage is off: the choice lasts as long as the page.
    }
  },
};

/** Asks our own host for a short-lived SIP token; the cookie says who asks. No password is ever in this page's scripts. */
export class HttpSession implements SessionPort {
  readonly #url: string;
  readonly #antiforgery: string;

  constructor(url: string, antiforgery: string) {
    this.#url = url;
    this.#antiforgery = antiforgery;
  }

  async open(): Promise<PhoneSession> {
    let response: Response;
    try {
      response = await fetch(this.#url, {
        method: 'POST',
        credentials: 'same-origin',
        cache: 'no-store',
        redirect: 'manual',
        headers: { RequestVerificationToken: this.#antiforgery, Accept: 'application/json' },
      });
    } catch {
      throw new SessionError('unreachable');
    }
    if (response.status === 401 || response.status === 403 || response.status === 400 || response.type === 'opaqueredirect') {
      throw new SessionError('signed-out');
    }
    if (!response.ok) throw new SessionError('unreachable');
    const body = (await response.json()) as {
      aor: string;
      displayName: string;
      url: string;
      token: string;
      expiresIn: number;
      iceServers: unknown[];
      echo: string;
      tone: string;
    };
    const { expiresIn, ...session } = body;
    return { ...session, tokenExpiresAt: Date.now() + expiresIn * 1000 };
  }
}

const instanceKey = 'gateway.instance';

/**
 * The id that names this phone across reloads and reconnects (RFC 5626 §4.1), so that the gateway knows the same device
 * again. A second tab is a second device: the first holds a lock on the stored id while it is open.
 */
export async function instanceId(): Promise<string> {
  try {
    for (const storage of [localStorage, sessionStorage]) {
      const id = storage.getItem(instanceKey) ?? crypto.randomUUID();
      if (await hold(`${instanceKey}.${id}`)) {
        storage.setItem(instanceKey, id);
        return id;
      }
    }
  } catch {
    // No storage or no locks here: a phone of its own for each page.
  }
  return crypto.randomUUID();
}

function hold(name: string): Promise<boolean> {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        // Never settles: the lock is held as long as the page lives.
        return lock ? new Promise<void>(() => {}) : undefined;
      })
      .catch(reject);
  });
}
