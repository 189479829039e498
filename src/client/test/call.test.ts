import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CallInput, type CallState, nextCallState } from '../core/call.js';
import { settle, World } from './fakes.js';

test('the states of a call', () => {
  const table: [CallState, CallInput, CallState][] = [
    ['dialling', 'progress', 'ringing'],
    ['dialling', 'accepted', 'active'],
    ['ringing', 'progress', 'ringing'],
    ['ringing', 'accepted', 'active'],
    ['incoming', 'answer', 'answering'],
    ['incoming', 'accepted', 'incoming'],
    ['answering', 'accepted', 'active'],
    ['active', 'progress', 'active'],
    ['active', 'answer', 'active'],
    ['ended', 'accepted', 'ended'],
    ['ended', 'answer', 'ended'],
    ['ended', 'progress', 'ended'],
  ];
  for (const [state, input, next] of table) assert.equal(nextCallState(state, input), next, `${state}/${input}`);
  for (const state of ['dialling', 'ringing', 'incoming', 'answering', 'active', 'ended'] as const) {
    assert.equal(nextCallState(state, 'ended'), 'ended');
  }
});

test('dialling opens the microphone, rings, talks and hangs up', async () => {
  const world = await World.registered();
  assert.equal(await world.phone.dial(' 10 02 '), true);
  assert.deepEqual(world.signaling.targets, ['sip:1002@gateway.test']);
  const call = world.call();
  call.events.emit({ type: 'progress', status: 180, early: false });
  assert.equal(world.now.calls[0]?.state, 'ringing');
  assert.equal(world.audio.current, 'ringback');
  call.events.emit({ type: 'audio', audio: { remote: true } });
  call.events.emit({ type: 'accepted' });
  assert.equal(world.audio.current, 'none');
  assert.deepEqual([...world.audio.playing], [call.id]);
  world.phone.hangUp(call.id);
  call.events.emit({ type: 'ended', by: 'local', status: 0, cause: 'Terminated' });
  assert.equal(world.now.calls[0]?.state, 'ended');
  assert.equal(world.now.calls[0]?.failure, undefined);
  assert.equal(world.audio.opened[0]?.closed, true);
  assert.equal(world.audio.playing.size, 0);
  await world.clock.pass(6000);
  assert.equal(world.now.calls.length, 0);
});

test('early media silences our own ringback', async () => {
  const world = await World.registered();
  await world.phone.dial('bob');
  world.call().events.emit({ type: 'progress', status: 183, early: true });
  assert.equal(world.audio.current, 'none');
});

for (const [status, rang, failure] of [
  [404, false, 'not-found'],
  [486, true, 'busy'],
  [603, true, 'declined'],
  [480, false, 'unavailable'],
  [480, true, 'no-answer'],
  [408, true, 'no-answer'],
  [488, false, 'no-common-codec'],
  [403, false, 'forbidden'],
  [503, false, 'overloaded'],
  [500, false, 'server-error'],
  [484, false, 'bad-number'],
  [499, false, 'failed'],
] as const) {
  test(`${status} ${rang ? 'after ringing ' : ''}is told as ${failure}`, async () => {
    const world = await World.registered();
    await world.phone.dial('bob');
    if (rang) world.call().events.emit({ type: 'progress', status: 180, early: false });
    world.call().ends(status);
    assert.equal(world.now.calls[0]?.failure, failure);
  });
}

for (const fault of ['microphone-refused', 'microphone-missing', 'microphone-busy'] as const) {
  test(`${fault}: no call is made and the person is told`, async () => {
    const world = await World.registered();
    world.audio.fault = fault;
    assert.equal(await world.phone.dial('bob'), false);
    assert.equal(world.signaling.calls.length, 0);
    assert.equal(world.now.failure, fault);
    assert.equal(world.now.dialling, false);
  });
}

test('a caller is told when the callee has no microphone', async () => {
  const world = await World.registered();
  const call = world.signaling.rings('bob');
  world.audio.fault = 'microphone-refused';
  await world.phone.answer(call.id);
  assert.deepEqual(call.done, ['let go', 'hangUp 480']);
  assert.equal(world.now.failure, 'microphone-refused');
});

test('nothing is dialled without a number or without a registration', async () => {
  const world = await World.registered();
  assert.equal(await world.phone.dial('call me'), false);
  assert.equal(world.now.failure, 'bad-number');
  world.signaling.events.emit({ type: 'disconnected', code: 1006 });
  assert.equal(await world.phone.dial('bob'), false);
  assert.equal(world.now.failure, 'not-registered');
  assert.equal(world.audio.opened.length, 0);
});

test('an incoming call rings, is answered and talks', async () => {
  const world = await World.registered();
  const call = world.signaling.rings('bob');
  assert.equal(world.audio.current, 'incoming');
  await world.phone.answer(call.id);
  await world.phone.answer(call.id);
  assert.deepEqual(call.done, ['answer']);
  assert.equal(world.audio.current, 'none');
  call.events.emit({ type: 'accepted' });
  assert.equal(world.now.calls[0]?.state, 'active');
});

test('declining says 603, and is no failure', async () => {
  const world = await World.registered();
  const call = world.signaling.rings('bob');
  world.phone.decline(call.id);
  call.events.emit({ type: 'ended', by: 'local', status: 0, cause: 'Rejected' });
  assert.ok(call.done.includes('hangUp 603'));
  assert.equal(world.now.calls[0]?.failure, undefined);
});

test('an incoming call that the caller gives up stops ringing without a word of failure', async () => {
  const world = await World.registered();
  const call = world.signaling.rings('bob');
  call.events.emit({ type: 'ended', by: 'remote', status: 0, cause: 'Canceled' });
  assert.equal(world.audio.current, 'none');
  assert.equal(world.now.calls[0]?.failure, undefined);
});

test('answering a second call holds the first; the fourth is busy', async () => {
  const world = await World.talking();
  const second = world.signaling.rings('carol');
  assert.equal(world.audio.current, 'waiting');
  await world.phone.answer(second.id);
  assert.ok(world.call(0).done.includes('hold'));
  second.events.emit({ type: 'accepted' });
  assert.equal(world.phone.activeCall?.id, second.id);
  world.signaling.rings('dave');
  const fourth = world.signaling.rings('erin');
  assert.deepEqual(fourth.done, ['hangUp 486']);
});

test('a refused hold leaves the call as it was and says so', async () => {
  const world = await World.talking();
  world.call().holdAnswer = false;
  await world.phone.hold(world.call().id, true);
  assert.equal(world.now.calls[0]?.held, false);
  assert.equal(world.now.calls[0]?.notice, 'hold-refused');
  assert.equal(world.now.calls[0]?.state, 'active');
});

test('hold and resume', async () => {
  const world = await World.talking();
  const { id } = world.call();
  await world.phone.hold(id, true);
  assert.equal(world.now.calls[0]?.held, true);
  await world.phone.hold(id, false);
  assert.equal(world.now.calls[0]?.held, false);
  assert.deepEqual(world.call().done.filter((done) => done === 'hold' || done === 'resume'), ['hold', 'resume']);
});

test('digits go into the call and are shown; what is no digit does not', async () => {
  const world = await World.talking();
  for (const key of ['1', '#', 'x', '12']) world.phone.sendDigit(world.call().id, key);
  assert.equal(world.now.calls[0]?.digits, '1#');
});

test('lost media that is back by itself needs nothing', async () => {
  const world = await World.talking();
  const call = world.call();
  call.events.emit({ type: 'media', state: 'disconnected' });
  assert.equal(world.now.calls[0]?.reconnecting, true);
  call.events.emit({ type: 'media', state: 'connected' });
  assert.equal(world.now.calls[0]?.reconnecting, false);
  assert.deepEqual(call.done, ['keep', 'let go']);
  await world.clock.pass(120_000);
  assert.equal(world.now.calls[0]?.state, 'active');
});

test('failed media is restarted, again and again, until it is back', async () => {
  const world = await World.talking();
  const call = world.call();
  call.events.emit({ type: 'media', state: 'failed' });
  await settle();
  await world.clock.pass(11_000);
  assert.equal(call.done.filter((done) => done === 'restart').length, 3);
  call.events.emit({ type: 'media', state: 'connected' });
  await world.clock.pass(20_000);
  assert.equal(call.done.filter((done) => done === 'restart').length, 3);
});

test('without a registration the restart waits for it', async () => {
  const world = await World.talking();
  const call = world.call();
  world.signaling.events.emit({ type: 'disconnected', code: 1006 });
  call.events.emit({ type: 'media', state: 'failed' });
  await world.clock.pass(20_000);
  assert.equal(call.done.includes('restart'), false);
  world.signaling.events.emit({ type: 'registered' });
  await settle();
  assert.equal(call.done.includes('restart'), true);
  assert.equal(world.now.calls[0]?.state, 'active');
});

test('media that stays away ends the call after a minute', async () => {
  const world = await World.talking();
  world.call().events.emit({ type: 'media', state: 'failed' });
  await world.clock.pass(59_000);
  assert.equal(world.now.calls[0]?.state, 'active');
  await world.clock.pass(2_000);
  assert.equal(world.now.calls[0]?.state, 'ended');
  assert.equal(world.now.calls[0]?.failure, 'network-lost');
});

test('a lost socket leaves a talking call alone and ends one that only rings here', async () => {
  const world = await World.talking();
  world.signaling.rings('carol');
  world.signaling.events.emit({ type: 'disconnected', code: 1006 });
  assert.deepEqual(world.now.calls.map((call) => call.state), ['active', 'ended']);
});

test('hanging up ends the call here even when the far side says nothing', async () => {
  const world = await World.talking();
  world.phone.hangUp(world.call().id);
  await world.clock.pass(2000);
  assert.equal(world.now.calls[0]?.state, 'ended');
});

test('another microphone reaches the running call and the old one is closed', async () => {
  const world = await World.talking();
  await world.phone.setPreferences({ microphoneId: 'headset', echoCancellation: false });
  assert.ok(world.call().done.includes('microphone headset'));
  assert.equal(world.audio.opened[0]?.closed, true);
  assert.equal(world.audio.preferences?.echoCancellation, false);
  assert.equal(world.preferences.saved.microphoneId, 'headset');
});

test('a microphone that is unplugged is replaced in the call that used it', async () => {
  const world = await World.talking();
  const [first] = world.audio.opened;
  assert.ok(first);
  world.audio.microphoneLost.emit(first);
  await settle();
  assert.equal(world.audio.opened.length, 2);
  assert.equal(world.call().done.filter((done) => done.startsWith('microphone')).length, 1);
  assert.equal(world.now.calls[0]?.state, 'active');
  world.phone.hangUp(world.call().id);
  world.call().ends(0, 'Terminated');
  assert.equal(world.audio.opened[1]?.closed, true);
});

test('another speaker needs no new microphone', async () => {
  const world = await World.talking();
  await world.phone.setPreferences({ speakerId: 'loud' });
  assert.equal(world.audio.speaker, 'loud');
  assert.equal(world.audio.opened.length, 1);
});

test('every change raises the sequence number that views go by', async () => {
  const world = await World.registered();
  const seen: number[] = [];
  world.phone.changes.subscribe((snapshot) => seen.push(snapshot.seq));
  await world.phone.dial('bob');
  world.call().ends(486);
  assert.ok(seen.length > 2);
  assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
});

test('a view that throws does not keep the others from hearing', async () => {
  const world = await World.registered();
  let heard = 0;
  world.phone.changes.subscribe(() => {
    throw new Error('a broken view');
  });
  world.phone.changes.subscribe(() => heard++);
  await world.phone.dial('bob');
  assert.ok(heard > 0);
});

test('a blind transfer holds the call, tells when it rings, and leaves when it went', async () => {
  const world = await World.talking();
  const call = world.call();
  const went = world.phone.transfer(call.id, ' 10 03 ');
  await settle();
  assert.deepEqual(call.done.slice(-2), ['hold', 'transfer']);
  assert.equal(call.transfers[0]?.target, 'sip:1003@gateway.test');
  assert.deepEqual(world.now.calls[0]?.transfer, { target: '1003', state: 'asked' });
  call.transfers[0]?.progress({ state: 'ringing' });
  assert.equal(world.now.calls[0]?.transfer?.state, 'ringing');
  call.transfers[0]?.progress({ state: 'done' });
  assert.equal(await went, true);
  assert.equal(call.done.at(-1), 'hangUp');
});

test('a transfer that fails gives the call back and says so', async () => {
  const world = await World.talking();
  const call = world.call();
  const went = world.phone.transfer(call.id, '1003');
  await settle();
  call.transfers[0]?.progress({ state: 'failed', status: 486 });
  assert.equal(await went, false);
  assert.deepEqual(call.done.slice(-3), ['hold', 'transfer', 'resume']);
  const now = world.now.calls[0];
  assert.deepEqual([now?.state, now?.held, now?.notice, now?.transfer], ['active', false, 'transfer-failed', undefined]);
});

test('a transfer whose call the gateway ends first went', async () => {
  const world = await World.talking();
  const went = world.phone.transfer(world.call().id, '1003');
  await settle();
  world.call().events.emit({ type: 'ended', by: 'remote', status: 0, cause: 'Terminated' });
  assert.equal(await went, true);
  assert.equal(world.now.calls[0]?.state, 'ended');
});

test('two calls are connected with each other and both are left', async () => {
  const world = await World.talking();
  const first = world.call();
  await world.phone.dial('carol');
  const second = world.signaling.calls[1];
  assert.ok(second);
  second.events.emit({ type: 'accepted' });
  const went = world.phone.join(first.id, second.id);
  await settle();
  assert.equal(first.transfers[0]?.other, second);
  first.transfers[0]?.progress({ state: 'done' });
  assert.equal(await went, true);
  assert.equal(first.done.at(-1), 'hangUp');
  assert.equal(second.done.at(-1), 'hangUp');
});

test('what cannot be dialled is not transferred to', async () => {
  const world = await World.talking();
  assert.equal(await world.phone.transfer(world.call().id, ' ( ) '), false);
  assert.equal(world.now.failure, 'bad-number');
  assert.equal(world.call().transfers.length, 0);
});

test('the ringer is chosen apart from the speaker, and rings once to be heard', async () => {
  const world = await World.talking();
  await world.phone.setPreferences({ ringerId: 'kitchen' });
  assert.equal(world.audio.ringer, 'kitchen');
  assert.equal(world.audio.opened.length, 1);
  world.phone.ringOnce();
  assert.equal(world.audio.current, 'none', 'not into a call');
  world.call().ends(0);
  world.phone.ringOnce();
  assert.equal(world.audio.current, 'incoming');
  await world.clock.pass(1500);
  assert.equal(world.audio.current, 'none');
});
