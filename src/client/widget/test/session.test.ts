import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { failureOf, openSession, SessionRefused } from '../session.js';
import type { SessionAnswer, SessionRequest } from '../types.js';

const request: SessionRequest = { lang: 'en', page: 'https://shop.example/' };
const good: SessionAnswer = { token: 't', wss: 'wss://gw.example/ws/widget', iceServers: [], expires: 60, resume: 'r', policy: { maxSeconds: 600 } };
const source = { gateway: 'https://gw.example', widgetId: 'w_1', tokenProvider: undefined, captcha: undefined };

interface Asked {
  url: string;
  init: RequestInit;
  body: SessionRequest;
}

Object.defineProperty(globalThis, 'navigator', { value: { onLine: true }, configurable: true });

const real = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = real;
});

function answer(...answers: unknown[]): Asked[] {
  const asked: Asked[] = [];
  globalThis.fetch = (async (url: string, init: RequestInit) => {
    asked.push({ url, init, body: JSON.parse(String(init.body)) as SessionRequest });
    const next = answers.shift();
    if (next instanceof Error) throw next;
    return { status: 200, json: async () => next };
  }) as typeof fetch;
  return asked;
}

const open = (from = {}) => openSession({ ...source, ...from }, request, new AbortController().signal);

test('the gateway is asked without cookies, and only for this widget', async () => {
  const asked = answer(good);
  assert.deepEqual(await open(), good);
  assert.equal(asked[0]?.url, 'https://gw.example/api/widgets/w_1/session');
  assert.equal(asked[0]?.init.credentials, 'omit');
  assert.equal(asked[0]?.init.referrerPolicy, 'no-referrer');
  assert.deepEqual(asked[0]?.body, request);
});

test('a proof of work is solved by the widget itself', async () => {
  const asked = answer({ code: 'captcha-needed', captcha: { kind: 'proof-of-work', challenge: 'c', bits: 4 } }, good);
  assert.deepEqual(await open(), good);
  assert.match(asked[1]?.body.captcha ?? '', /^c:\d+$/);
});

test('a captcha of another kind is the page’s to solve', async () => {
  const asked = answer({ code: 'captcha-needed', captcha: { kind: 'other' } }, good);
  assert.deepEqual(await open({ captcha: async () => 'solved' }), good);
  assert.equal(asked[1]?.body.captcha, 'solved');
  answer({ code: 'captcha-needed', captcha: { kind: 'other' } });
  await assert.rejects(open(), (error: SessionRefused) => error.failure === 'captcha');
});

test('a captcha that is refused again and again is not tried for ever', async () => {
  const puzzle = { code: 'captcha-wrong', captcha: { kind: 'proof-of-work', challenge: 'c', bits: 1 } };
  const asked = answer(puzzle, puzzle, puzzle, puzzle);
  await assert.rejects(open(), (error: SessionRefused) => error.failure === 'captcha');
  assert.equal(asked.length, 3);
});

test('refusals become what a visitor can understand', async () => {
  answer({ code: 'closed', opens: '2026-05-05T07:00:00Z' });
  await assert.rejects(open(), (error: SessionRefused) => error.failure === 'closed' && error.opens === '2026-05-05T07:00:00Z');
  answer(new TypeError('Failed to fetch'));
  await assert.rejects(open(), (error: SessionRefused) => error.failure === 'unreachable');
  // Every code of the server has its meaning; what is new is the server's problem.
  assert.deepEqual(
    ['unknown-widget', 'disabled', 'busy', 'limit-address', 'limit-day', 'too-often', 'origin', 'signature-needed', 'signature-wrong', 'signature-expired', 'invalid', 'captcha-wrong', 'new'].map(failureOf),
    ['disabled', 'disabled', 'all-busy', 'limit', 'limit', 'limit', 'not-allowed', 'not-allowed', 'not-allowed', 'not-allowed', 'not-allowed', 'captcha', 'server-error'],
  );
});

test('in private mode the page’s server asks, and hands on what it got', async () => {
  assert.deepEqual(await open({ tokenProvider: async () => good }), good);
  assert.deepEqual(await open({ tokenProvider: async () => JSON.stringify(good) }), good);
  await assert.rejects(open({ tokenProvider: async () => '{"code":"limit-day"}' }), (error: SessionRefused) => error.failure === 'limit');
  await assert.rejects(open({ tokenProvider: async () => '<html>' }), (error: SessionRefused) => error.failure === 'unreachable');
  await assert.rejects(open({ tokenProvider: () => Promise.reject(new Error('500')) }), (error: SessionRefused) => error.failure === 'unreachable');
});
