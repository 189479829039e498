import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { loaderWords } from '../loader-words.js';
import { duration, when } from '../times.js';
import { fill, languageOf } from '../words.js';

test('both languages say the same things, with the same places to fill in', () => {
  const english = languageOf('en');
  const chinese = languageOf('zh-CN');
  assert.deepEqual(Object.keys(chinese.words), Object.keys(english.words));
  assert.deepEqual(Object.keys(chinese.failures), Object.keys(english.failures));
  for (const [key, text] of Object.entries(english.words)) {
    const other = chinese.words[key as keyof typeof chinese.words];
    assert.equal(other.includes('{0}'), text.includes('{0}'), key);
    assert.ok(other.length > 0, key);
  }
  for (const language of [english, chinese]) {
    for (const explanation of Object.values(language.failures)) assert.ok(explanation.what && explanation.advice);
  }
});

test('the loader says the same as the phone', () => {
  for (const tag of ['en', 'zh']) {
    const { words, failures } = languageOf(tag);
    assert.equal(loaderWords(tag).call, words.call);
    for (const [code, explanation] of Object.entries(loaderWords(tag).failures)) assert.deepEqual(explanation, failures[code as 'insecure'], code);
  }
});

test('times are read as people say them', () => {
  assert.equal(duration(0), '00:00');
  assert.equal(duration(65_900), '01:05');
  assert.equal(duration(3_725_000), '1:02:05');
  assert.equal(duration(-5), '00:00');
  assert.match(fill(languageOf('en').words.opens, when(new Date(Date.now() + 3 * 86_400_000).toISOString(), 'en')), /^We open on \w+day/);
  assert.equal(when('nonsense', 'en'), '');
});

const root = new URL(`file://${process.cwd()}/../../wwwroot/widget/`);
const fileOf = (path: string) => new URL(`.${path.replace(/^\/widget/, '').replace(/\?.*/, '')}`, root);
const built = (path: string) => readFileSync(fileOf(path));

interface Manifest {
  version: string;
  loader: { path: string; integrity: string };
  floating: { path: string };
  core: { path: string; integrity: string };
}

test('the loader is under 10 KB, and knows its core by name and hash', () => {
  const manifest = JSON.parse(readFileSync(new URL('integrity.json', root), 'utf8')) as Manifest;
  const loader = built(manifest.loader.path);
  assert.ok(gzipSync(loader, { level: 9 }).length < 10_000, `${gzipSync(loader).length}`);
  const core = built(manifest.core.path);
  assert.ok(gzipSync(core, { level: 9 }).length < 80_000, `${gzipSync(core).length}`);
  const integrity = (bytes: Buffer) => `sha384-${createHash('sha384').update(bytes).digest('base64')}`;
  assert.equal(manifest.loader.integrity, integrity(loader));
  assert.equal(manifest.core.integrity, integrity(core));
  assert.ok(loader.includes(manifest.core.integrity) && loader.includes(manifest.core.path.replace('/widget/', '')));
  assert.deepEqual(built(manifest.floating.path), loader);
});

test('neither file can build code from text, as strict pages demand', () => {
  const manifest = JSON.parse(readFileSync(new URL('integrity.json', root), 'utf8')) as Manifest;
  for (const { path } of [manifest.loader, manifest.core]) {
    const text = built(path).toString();
    const found = /\.innerHTML|\beval\(|new Function\(|localStorage|sessionStorage|document\.cookie/.exec(text);
    assert.equal(found?.[0], undefined, path);
  }
});

test('the phone that was built starts, and the loader defines nothing where there is no page', async () => {
  const manifest = JSON.parse(readFileSync(new URL('integrity.json', root), 'utf8')) as Manifest;
  // All that a module of ours touches while it is loaded.
  Object.assign(globalThis, { CSSStyleSheet: class { replaceSync() {} } });
  const core = (await import(fileOf(manifest.core.path).href)) as { open?: unknown };
  assert.equal(typeof core.open, 'function');
  const loader = (await import(fileOf(manifest.loader.path).href)) as { GwCall?: unknown; version?: string };
  assert.equal(typeof loader.GwCall, 'function');
  assert.equal(loader.version, manifest.version);
});
