import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle, World } from './fakes.js';

test('each REGISTER carries a fresh token', async () => {
  const world = await World.registered();
  const first = world.signaling.token;
  world.signaling.events.emit({ type: 'registration-expiring' });
  await settle();
  assert.equal(world.signaling.registers, 2);
  assert.notEqual(world.signaling.token, first);
  assert.equal(world.now.registration.state, 'registered');
});

test('a refused REGISTER is tried again, not before Retry-After', async () => {
  const world = await World.registered();
  world.signaling.events.emit({ type: 'registration-failed', status: 503, retryAfter: 7 });
  assert.deepEqual(world.now.registration, { state: 'offline', failure: 'overloaded', retryIn: 7 });
  world.signaling.running = false;
  await world.clock.pass(6900);
  assert.equal(world.signaling.running, false);
  await world.clock.pass(200);
  assert.equal(world.signaling.running, true);
});

test('waits grow while it goes on failing', async () => {
  const world = await World.registered();
  const waits: (number | undefined)[] = [];
  for (let i = 0; i < 7; i++) {
    world.signaling.events.emit({ type: 'registration-failed', status: 500, retryAfter: 0 });
    waits.push(world.now.registration.retryIn);
  }
  assert.deepEqual(waits, [2, 4, 8, 16, 32, 60, 60]);
});

test('a token that is refused is replaced at once, and only once', async () => {
  const world = await World.registered();
  world.signaling.events.emit({ type: 'registration-failed', status: 401, retryAfter: 0 });
  await settle();
  assert.equal(world.signaling.registers, 2);
  world.signaling.events.emit({ type: 'registration-failed', status: 401, retryAfter: 0 });
  await settle();
  assert.equal(world.signaling.registers, 2);
  assert.equal(world.now.registration.state, 'offline');
});

test('an ended cookie session stops it and asks to sign in', async () => {
  const world = await World.registered();
  world.sessions.fault = 'signed-out';
  world.signaling.events.emit({ type: 'registration-expiring' });
  await settle();
  assert.deepEqual(world.now.registration, { state: 'failed', failure: 'signed-out' });
  assert.equal(world.signaling.running, false);
});

test('a host that cannot be reached is tried again', async () => {
  const world = new World();
  world.sessions.fault = 'unreachable';
  world.phone.start();
  await settle();
  assert.equal(world.now.registration.failure, 'network-lost');
  world.sessions.fault = undefined;
  await world.clock.pass(2000);
  assert.equal(world.signaling.running, true);
});

for (const [code, failure] of [
  [4403, 'refused-by-policy'],
  [4409, 'used-elsewhere'],
] as const) {
  test(`close code ${code} stops it for good`, async () => {
    const world = await World.registered();
    world.signaling.events.emit({ type: 'disconnected', code });
    assert.deepEqual(world.now.registration, { state: 'failed', failure });
    assert.equal(world.signaling.running, false);
    await world.clock.pass(300_000);
    assert.equal(world.signaling.running, false);
  });
}

test('close code 4429 waits before it comes back', async () => {
  const world = await World.registered();
  world.signaling.events.emit({ type: 'disconnected', code: 4429 });
  assert.equal(world.signaling.running, false);
  await world.clock.pass(29_000);
  assert.equal(world.signaling.running, false);
  await world.clock.pass(2_000);
  assert.equal(world.signaling.running, true);
});

test('any other close leaves reconnecting to the library', async () => {
  const world = await World.registered();
  world.signaling.events.emit({ type: 'disconnected', code: 1006 });
  assert.deepEqual(world.now.registration, { state: 'offline', failure: 'network-lost' });
  assert.equal(world.signaling.running, true);
});

for (const code of [4401, 4429]) {
  test(`in a call, close code ${code} does not stop the signalling that the call needs`, async () => {
    const world = await World.talking();
    world.signaling.events.emit({ type: 'disconnected', code });
    assert.equal(world.signaling.running, true);
    assert.equal(world.now.registration.state, 'offline');
    assert.equal(world.now.calls[0]?.state, 'active');
  });
}

test('a session that ends in a call lets the call end first', async () => {
  const world = await World.talking();
  world.sessions.fault = 'signed-out';
  world.signaling.events.emit({ type: 'registration-expiring' });
  await settle();
  assert.deepEqual(world.now.registration, { state: 'failed', failure: 'signed-out' });
  assert.equal(world.signaling.running, true);
  world.call().ends(0, 'Terminated');
  assert.equal(world.signaling.running, false);
});
