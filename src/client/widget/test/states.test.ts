import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLive, nextState, type WidgetInput, type WidgetState } from '../states.js';

const walk = (...inputs: WidgetInput[]) => inputs.reduce<WidgetState>(nextState, 'idle');

test('a call goes from the click to its end', () => {
  assert.equal(walk('call'), 'loading');
  assert.equal(walk('call', 'ready'), 'microphone');
  assert.equal(walk('call', 'ready', 'allowed'), 'connecting');
  assert.equal(walk('call', 'ready', 'allowed', 'progress'), 'ringing');
  assert.equal(walk('call', 'ready', 'allowed', 'progress', 'accepted'), 'active');
  assert.equal(walk('call', 'ready', 'allowed', 'accepted'), 'active');
  assert.equal(walk('call', 'ready', 'allowed', 'accepted', 'over'), 'ended');
  assert.equal(walk('call', 'ready', 'allowed', 'accepted', 'over', 'dismiss'), 'idle');
});

test('given up before an answer, nothing has happened', () => {
  for (const way of [['call'], ['call', 'ready'], ['call', 'ready', 'allowed'], ['call', 'ready', 'allowed', 'progress']] as WidgetInput[][]) {
    assert.equal(walk(...way, 'over'), 'idle', way.join());
  }
});

test('everything can fail but what is over already has its word', () => {
  assert.equal(walk('fail'), 'failed');
  assert.equal(walk('call', 'ready', 'allowed', 'accepted', 'fail'), 'failed');
  assert.equal(walk('call', 'ready', 'allowed', 'shut'), 'closed');
  assert.equal(walk('call', 'ready', 'allowed', 'shut', 'call'), 'loading');
  assert.equal(walk('accepted'), 'idle');
  assert.equal(walk('call', 'shut'), 'loading');
});

test('live states are those that a hang-up ends', () => {
  const live = (['idle', 'loading', 'microphone', 'connecting', 'ringing', 'active', 'ended', 'closed', 'failed'] as WidgetState[]).filter(isLive);
  assert.deepEqual(live, ['loading', 'microphone', 'connecting', 'ringing', 'active']);
});
