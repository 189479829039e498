import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanNumber, domainOf, isDigit, targetUri } from '../core/number.js';

for (const [text, number] of [
  ['+86 (10) 1234-5678', '+861012345678'],
  ['＋８６　１０ １２３４', '+86101234'],
  ['tel:+1-212-555-0100;ext=5', '+12125550100'],
  ['sip:bob@example.org;transport=ws', 'bob@example.org'],
  ['<sips:bob@example.org>', 'bob@example.org'],
  [' *43 ', '*43'],
  ['030 / 901820', '030901820'],
  ['1–800–FLOWERS', ''],
  ['anna-lena', 'anna-lena'],
  ['王小明', '王小明'],
  ['0049\u2011151', '0049151'],
  ['call me', ''],
  ['"><script>', ''],
  ['a\r\nb: c', ''],
  ['', ''],
] as const) {
  test(`"${text.replace(/\s+/g, ' ')}" is dialled as "${number}"`, () => assert.equal(cleanNumber(text), number));
}

test('a number gets our domain, an address keeps its own', () => {
  assert.equal(targetUri('1002', 'gateway.test'), 'sip:1002@gateway.test');
  assert.equal(targetUri('bob@example.org', 'gateway.test'), 'sip:bob@example.org');
});

test('what a URI cannot hold is escaped', () => {
  assert.equal(targetUri('#31#1002', 'gateway.test'), 'sip:%2331%231002@gateway.test');
  assert.equal(targetUri('*43', 'gateway.test'), 'sip:*43@gateway.test');
  assert.equal(targetUri('+8610', 'gateway.test'), 'sip:+8610@gateway.test');
});

test('the domain of an address of record is what follows the last @', () => assert.equal(domainOf('alice@gateway.test'), 'gateway.test'));

test('sixteen keys are digits', () => {
  assert.equal([...'0123456789*#ABCD'].filter(isDigit).length, 16);
  assert.equal(isDigit('E') || isDigit('12') || isDigit(''), false);
});
