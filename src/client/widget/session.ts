import { solve } from './pow.js';
import type { CaptchaChallenge, CaptchaSolver, SessionAnswer, SessionRequest, TokenProvider, WidgetFailure } from './types.js';

/** Why the gateway gave no session. */
export class SessionRefused extends Error {
  readonly failure: WidgetFailure | 'closed';
  /** The gateway's own code, for the page's people. */
  readonly code: string;
  readonly opens: string | undefined;

  constructor(failure: WidgetFailure | 'closed', code: string, opens?: string) {
    super(code);
    this.failure = failure;
    this.code = code;
    this.opens = opens;
  }
}

interface Problem {
  code?: string;
  opens?: string;
  captcha?: CaptchaChallenge;
}

export interface SessionSource {
  gateway: string;
  widgetId: string;
  tokenProvider: TokenProvider | undefined;
  captcha: CaptchaSolver | undefined;
}

/** Gets a session: from the gateway, solving its captcha on the way, or from the page's own server. */
export async function openSession(source: SessionSource, request: SessionRequest, signal: AbortSignal): Promise<SessionAnswer> {
  if (source.tokenProvider) return fromProvider(source.tokenProvider, request);
  let answer = await ask(source, request, signal);
  // A challenge may run out while it is solved, once.
  for (let tries = 0; tries < 2 && 'captcha' in answer && answer.captcha; tries++) {
    const captcha = await solveCaptcha(source, answer.captcha, signal);
    answer = await ask(source, { ...request, captcha }, signal);
  }
  if ('token' in answer) return answer;
  throw new SessionRefused(failureOf(answer.code ?? ''), answer.code ?? '', answer.opens);
}

async function fromProvider(provider: TokenProvider, request: SessionRequest): Promise<SessionAnswer> {
  let given: SessionAnswer | string;
  try {
    given = await provider(request);
    const answer = typeof given === 'string' ? (JSON.parse(given) as SessionAnswer & Problem) : (given as SessionAnswer & Problem);
    if (answer.token && answer.wss) return answer;
    throw new SessionRefused(failureOf(answer.code ?? ''), answer.code ?? 'token-provider', answer.opens);
  } catch (error) {
    if (error instanceof SessionRefused) throw error;
    throw new SessionRefused('unreachable', 'token-provider');
  }
}

async function solveCaptcha(source: SessionSource, challenge: CaptchaChallenge, signal: AbortSignal): Promise<string> {
  if (source.captcha) {
    try {
      return await source.captcha(challenge);
    } catch {
      throw new SessionRefused('captcha', 'captcha');
    }
  }
  if (challenge.kind === 'proof-of-work' && challenge.challenge) return solve(challenge.challenge, challenge.bits ?? 16, signal);
  throw new SessionRefused('captcha', 'captcha');
}

async function ask(source: SessionSource, request: SessionRequest, signal: AbortSignal): Promise<SessionAnswer | Problem> {
  let response: Response;
  try {
    response = await fetch(`${source.gateway}/api/widgets/${encodeURIComponent(source.widgetId)}/session`, {
      method: 'POST',
      mode: 'cors',
      credentials: 'omit',
      cache: 'no-store',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify(request),
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new SessionRefused(navigator.onLine === false ? 'offline' : 'unreachable', 'unreachable');
  }
  try {
    return (await response.json()) as SessionAnswer | Problem;
  } catch {
    throw new SessionRefused('server-error', `http-${response.status}`);
  }
}

/** What the gateway's codes mean to a visitor. */
export function failureOf(code: string): WidgetFailure | 'closed' {
  switch (code) {
    case 'closed':
      return 'closed';
    case 'disabled':
    case 'unknown-widget':
      return 'disabled';
    case 'busy':
      return 'all-busy';
    case 'limit-address':
    case 'limit-day':
    case 'too-often':
      return 'limit';
    case 'captcha-needed':
    case 'captcha-wrong':
      return 'captcha';
    case 'origin':
    case 'signature-needed':
    case 'signature-wrong':
    case 'signature-expired':
    case 'invalid':
      return 'not-allowed';
    default:
      return 'server-error';
  }
}
