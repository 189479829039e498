import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grade, qualityBetween, type QualitySample } from '../quality.js';

const start: QualitySample = { packets: 1000, lost: 0, jitter: 0.002, roundTrip: 0.04 };

test('an undisturbed stretch sounds good', () => {
  const quality = qualityBetween(start, { ...start, packets: 1100 });
  assert.ok(quality.mos >= 4.2, String(quality.mos));
  assert.deepEqual(quality.warnings, []);
  assert.equal(grade(quality.mos), 'good');
});

test('loss, jitter and delay are named and heard', () => {
  const quality = qualityBetween(start, { packets: 1090, lost: 10, jitter: 0.05, roundTrip: 0.6 });
  assert.deepEqual(quality.warnings, ['high-loss', 'high-jitter', 'high-delay']);
  assert.equal(grade(quality.mos), 'poor');
});

test('silence is the worst', () => {
  const quality = qualityBetween(start, start);
  assert.deepEqual(quality, { mos: 1, warnings: ['no-packets'] });
});
