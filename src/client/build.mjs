// Bundles the phone into wwwroot/phone/ and, with --tests, the tests for node --test.
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));

if (process.argv.includes('--tests')) {
  const outdir = join(here, 'node_modules/.tests');
  rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: readdirSync(join(here, 'test')).filter((name) => name.endsWith('.test.ts')).map((name) => join(here, 'test', name)),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
  });
} else {
  await build({
    entryPoints: { 'gateway-phone': join(here, 'main.ts') },
    outdir: join(here, '../../wwwroot/phone'),
    bundle: true,
    format: 'esm',
    target: ['chrome111', 'firefox115', 'safari16.4'],
    minify: true,
    sourcemap: 'linked',
    legalComments: 'linked',
    define: { 'process.env.DEBUG': 'undefined' },
    logLevel: 'warning',
  });
}
