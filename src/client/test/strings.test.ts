import assert from 'node:assert/strict';
import { test } from 'node:test';
import { format, languageOf } from '../ui/strings.js';

test('Chinese readers get Chinese, all others English', () => {
  assert.equal(languageOf(['zh-CN', 'en']).words.call, '呼叫');
  assert.equal(languageOf(['fr', 'zh-TW']).words.call, '呼叫');
  assert.equal(languageOf(['en-GB', 'zh']).words.call, 'Call');
  assert.equal(languageOf(['de']).words.call, 'Call');
});

test('both languages say the same things, with the same places to fill in', () => {
  const english = languageOf(['en']);
  const chinese = languageOf(['zh']);
  assert.deepEqual(Object.keys(chinese.words), Object.keys(english.words));
  assert.deepEqual(Object.keys(chinese.failures), Object.keys(english.failures));
  for (const [key, text] of Object.entries(english.words)) {
    assert.equal(chinese.words[key as keyof typeof chinese.words].includes('{0}'), text.includes('{0}'), key);
    assert.ok(chinese.words[key as keyof typeof chinese.words].length > 0, key);
  }
  for (const language of [english, chinese]) {
    for (const explanation of Object.values(language.failures)) assert.ok(explanation.what && explanation.advice);
  }
});

test('a place is filled in', () => assert.equal(format('{0} is calling', 'Bob'), 'Bob is calling'));
