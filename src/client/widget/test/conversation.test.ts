import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Signal } from '../../core/events.js';
import { FakeAudio, FakeCall, FakeClock, settle } from '../../test/fakes.js';
import { WidgetConversation } from '../conversation.js';
import type { LineEvent } from '../line-event.js';
import { SessionRefused } from '../session.js';
import type { SessionAnswer, SessionRequest, WidgetHost } from '../types.js';

const answer: SessionAnswer = { token: 't', wss: 'wss://gw.example/ws/widget', iceServers: [], expires: 60, resume: 'r', policy: { maxSeconds: 600 } };

class FakeLine {
  readonly events = new Signal<LineEvent>((error) => {
    throw error;
  });
  readonly placed = new FakeCall('call-1', 'outgoing', 'call');
  isConnected = true;
  started = false;
  stopped = false;
  calls = 0;

  start(): void {
    this.started = true;
  }

  stop(): void {
    this.stopped = true;
  }

  call(): FakeCall {
    this.calls++;
    return this.placed;
  }
}

class World {
  readonly clock = new FakeClock();
  readonly audio = new FakeAudio();
  readonly line = new FakeLine();
  readonly told: string[] = [];
  readonly asked: SessionRequest[] = [];
  refusal: Error | undefined;
  readonly conversation: WidgetConversation;

  constructor() {
    const host = {
      language: 'en',
      treatsSound: true,
      changed: (state: string, cause: string) => this.told.push(cause ? `${state}:${cause}` : state),
      emit: (type: string, detail: object) => this.told.push(`${type} ${JSON.stringify(detail)}`),
    } as unknown as WidgetHost;
    this.conversation = new WidgetConversation(
      host,
      {
        audio: this.audio,
        clock: this.clock,
        line: () => this.line,
        session: async (request) => {
          this.asked.push(request);
          if (this.refusal) throw this.refusal;
          return answer;
        },
      },
      () => {},
    );
  }

  async connected(): Promise<void> {
    await this.conversation.start({}, { 'order-id': '42' });
    await settle();
    this.line.events.emit({ type: 'connected' });
  }

  async talking(): Promise<void> {
    await this.connected();
    this.line.placed.events.emit({ type: 'progress', status: 180, early: false });
    this.line.placed.events.emit({ type: 'accepted' });
    this.line.placed.events.emit({ type: 'media', state: 'connected' });
  }
}

Object.assign(globalThis, { location: { href: 'https://shop.example/pricing' } });
Object.defineProperty(globalThis, 'navigator', { value: { onLine: true }, configurable: true });

test('microphone first, then the session, then the call', async () => {
  const world = new World();
  await world.connected();
  assert.deepEqual(world.told, ['loading', 'microphone', 'connecting']);
  assert.deepEqual(world.asked, [{ lang: 'en', page: 'https://shop.example/pricing', visitor: { 'order-id': '42' } }]);
  assert.equal(world.line.calls, 1);
});

test('it rings with a tone of its own, and is silent when both talk', async () => {
  const world = new World();
  await world.connected();
  world.line.placed.events.emit({ type: 'progress', status: 180, early: false });
  assert.equal(world.audio.current, 'ringback');
  assert.equal(world.conversation.state, 'ringing');
  world.line.placed.events.emit({ type: 'accepted' });
  assert.equal(world.audio.current, 'none');
  assert.equal(world.conversation.state, 'active');
});

test('a refused microphone costs no session', async () => {
  const world = new World();
  world.audio.fault = 'microphone-refused';
  await world.conversation.start({}, {});
  assert.equal(world.conversation.state, 'failed');
  assert.equal(world.conversation.snapshot.failure, 'microphone-refused');
  assert.equal(world.asked.length, 0);
  assert.ok(world.told.includes('gw-error {"code":"microphone-refused"}'));
});

test('closed hours are no failure, and the microphone is let go', async () => {
  const world = new World();
  world.refusal = new SessionRefused('closed', 'closed', '2026-05-05T07:00:00Z');
  await world.conversation.start({}, {});
  assert.equal(world.conversation.state, 'closed');
  assert.equal(world.conversation.snapshot.opens, '2026-05-05T07:00:00Z');
  assert.ok(world.audio.opened[0]?.closed);
  world.conversation.dismiss();
  assert.equal(world.conversation.state, 'idle');
});

test('what the other side says ends in words, and everything is closed', async () => {
  for (const [status, failure] of [[486, 'busy'], [480, 'unavailable'], [603, 'declined'], [503, 'all-busy'], [403, 'not-allowed'], [404, 'unavailable'], [488, 'no-common-codec'], [500, 'server-error']] as const) {
    const world = new World();
    await world.connected();
    world.line.placed.ends(status);
    assert.equal(world.conversation.snapshot.failure, failure, String(status));
    assert.ok(world.audio.opened[0]?.closed);
    await world.clock.pass(1500);
    assert.ok(world.line.stopped);
  }
});

test('nobody answered is told from nobody there', async () => {
  const world = new World();
  await world.connected();
  world.line.placed.events.emit({ type: 'progress', status: 180, early: false });
  world.line.placed.ends(480);
  assert.equal(world.conversation.snapshot.failure, 'no-answer');
});

test('a call that was talked has an end with its length, whoever hung up', async () => {
  const world = new World();
  await world.talking();
  await world.clock.pass(7000);
  world.line.placed.events.emit({ type: 'ended', by: 'remote', status: 0, cause: 'Terminated' });
  assert.equal(world.conversation.state, 'ended');
  assert.ok(world.told.includes('gw-ended {"duration":7,"cause":"remote"}'), world.told.join());
});

test('given up while it rings, the button is back and the call is cancelled', async () => {
  const world = new World();
  await world.connected();
  await world.conversation.hangup();
  assert.ok(world.line.placed.done.includes('hangUp'));
  world.line.placed.events.emit({ type: 'ended', by: 'local', status: 0, cause: 'Canceled' });
  assert.equal(world.conversation.state, 'idle');
});

test('given up while the microphone is asked for, no session follows', async () => {
  const world = new World();
  const starting = world.conversation.start({}, {});
  await world.conversation.hangup();
  await starting;
  assert.equal(world.conversation.state, 'idle');
  assert.equal(world.asked.length, 0);
  assert.ok(world.audio.opened[0]?.closed);
});

test('a connection lost in mid-call is waited for, and lost media is brought back over the next one', async () => {
  const world = new World();
  await world.talking();
  world.line.isConnected = false;
  world.line.events.emit({ type: 'lost' });
  world.line.placed.events.emit({ type: 'media', state: 'failed' });
  await settle();
  assert.equal(world.conversation.state, 'active');
  assert.ok(world.conversation.snapshot.reconnecting);
  assert.ok(!world.line.placed.done.includes('restart'));
  world.line.isConnected = true;
  world.line.events.emit({ type: 'connected' });
  world.line.placed.events.emit({ type: 'media', state: 'connected' });
  await settle();
  assert.ok(world.line.placed.done.includes('restart'));
  assert.equal(world.line.calls, 1);
  assert.ok(!world.conversation.snapshot.reconnecting);
});

test('a connection lost before the answer is the end of the attempt', async () => {
  const world = new World();
  await world.connected();
  world.line.events.emit({ type: 'lost' });
  assert.equal(world.conversation.snapshot.failure, 'network-lost');
  assert.ok(world.line.placed.done.includes('hangUp'));
});

test('a gateway that turns the socket away is understood', async () => {
  for (const [code, failure] of [[4429, 'all-busy'], [4403, 'not-allowed'], [4401, 'server-error']] as const) {
    const world = new World();
    await world.conversation.start({}, {});
    world.line.events.emit({ type: 'over', code });
    assert.equal(world.conversation.snapshot.failure, failure);
  }
});

test('a socket that never opens is not waited for longer than people do', async () => {
  const world = new World();
  await world.conversation.start({}, {});
  await world.clock.pass(15_000);
  assert.equal(world.conversation.snapshot.failure, 'unreachable');
  assert.ok(world.line.stopped);
});

test('digits are sent in the call only, and nothing but digits', async () => {
  const world = new World();
  world.conversation.sendDtmf('1');
  await world.talking();
  world.conversation.sendDtmf('1x#');
  world.conversation.mute(true);
  assert.deepEqual(world.line.placed.done.filter((one) => one.startsWith('digit') || one === 'mute'), ['digit 1', 'digit #', 'mute']);
  assert.ok(world.conversation.snapshot.muted);
});

test('another call can follow the first', async () => {
  const world = new World();
  world.audio.fault = 'microphone-busy';
  await world.conversation.start({}, {});
  world.audio.fault = undefined;
  await world.talking();
  assert.equal(world.conversation.state, 'active');
  assert.equal(world.conversation.snapshot.failure, undefined);
});
