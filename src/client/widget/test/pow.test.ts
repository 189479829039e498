import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { solve } from '../pow.js';
import { firstWord } from '../sha256.js';

const reference = (text: string) => createHash('sha256').update(text).digest().readUInt32BE(0);

test('the hash is SHA-256, whatever the length', () => {
  for (const text of ['', 'abc', 'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '张三']) {
    assert.equal(firstWord(new TextEncoder().encode(text)), reference(text), text);
  }
  for (let length = 50; length < 140; length++) {
    const text = 'x'.repeat(length);
    assert.equal(firstWord(new TextEncoder().encode(text)), reference(text), String(length));
  }
});

test('a puzzle is solved and the answer holds', async () => {
  const answer = await solve('challenge.1777896000.12.mac', 12);
  assert.ok(answer.startsWith('challenge.1777896000.12.mac:'));
  assert.ok(Math.clz32(reference(answer)) >= 12);
});

test('work that nobody waits for any more stops', async () => {
  const stop = new AbortController();
  const work = solve('never', 32, stop.signal);
  stop.abort();
  await assert.rejects(work, { name: 'AbortError' });
});
