// Bundles the phone into wwwroot/phone/ and the widget into wwwroot/widget/ and its npm package; with --tests, the tests for
// node --test.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const widgetOnly = { alias: { debug: join(here, 'widget/no-debug.cjs') } };
const browsers = {
  bundle: true,
  format: 'esm',
  target: ['chrome111', 'firefox115', 'safari16.4'],
  minify: true,
  define: { 'process.env.DEBUG': 'undefined' },
  logLevel: 'warning',
};

if (process.argv.includes('--tests')) {
  const outdir = join(here, 'node_modules/.tests');
  rmSync(outdir, { recursive: true, force: true });
  const tests = (folder) => readdirSync(join(here, folder)).filter((name) => name.endsWith('.test.ts')).map((name) => join(here, folder, name));
  await build({
    entryPoints: [...tests('test'), ...tests('widget/test')],
    outdir,
    outExtension: { '.js': '.mjs' },
    entryNames: '[name]',
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
  });
} else {
  await build({
    ...browsers,
    entryPoints: { 'gateway-phone': join(here, 'main.ts') },
    outdir: join(here, '../../wwwroot/phone'),
    sourcemap: 'linked',
    legalComments: 'linked',
  });
  await buildWidget();
}

// The loader holds the name and the hash of the phone core that it was built together with, so the core comes first.
async function buildWidget() {
  const { version } = JSON.parse(readFileSync(join(here, 'widget/package/package.json'), 'utf8'));
  const root = join(here, '../../wwwroot/widget');
  const major = `v${version.split('.')[0]}`;
  // Versions that were published before stay where they are: their files are immutable.
  for (const folder of [version, major]) {
    rmSync(join(root, folder), { recursive: true, force: true });
    mkdirSync(join(root, folder), { recursive: true });
  }
  const core = await bundle('core.ts');
  const coreName = `gw-core-${createHash('sha256').update(core).digest('hex').slice(0, 16)}.js`;
  writeFileSync(join(root, version, coreName), core);
  const loader = await bundle('loader.ts', {
    __CORE_PATH__: JSON.stringify(`../${version}/${coreName}`),
    __CORE_INTEGRITY__: JSON.stringify(integrity(core)),
    __VERSION__: JSON.stringify(version),
  });
  for (const folder of [version, major]) writeFileSync(join(root, folder, 'gw-call.js'), loader);
  // What the console's snippet says. The mark behind the loader's path changes with its bytes: a browser that keeps the file
  // of an unreleased build for ever must not meet the hash of the next one.
  const mark = createHash('sha256').update(loader).digest('hex').slice(0, 8);
  const manifest = {
    version,
    loader: { path: `/widget/${version}/gw-call.js?v=${mark}`, integrity: integrity(loader) },
    floating: { path: `/widget/${major}/gw-call.js` },
    core: { path: `/widget/${version}/${coreName}`, integrity: integrity(core) },
  };
  writeFileSync(join(root, 'integrity.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await build({
    ...browsers,
    ...widgetOnly,
    entryPoints: [join(here, 'widget/npm.ts')],
    outfile: join(here, 'widget/package/dist/index.js'),
    legalComments: 'none',
  });
  for (const folder of [join(root, version), join(here, 'widget/package/dist')]) writeFileSync(join(folder, 'THIRD-PARTY.txt'), licences());
}

// The licences of what is inside the bundle travel with it.
function licences() {
  return ['jssip', 'sdp-transform', 'events']
    .map((name) => {
      const folder = join(here, 'node_modules', name);
      const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
      return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
    })
    .join(`\n${'-'.repeat(72)}\n\n`);
}

async function bundle(entry, define = {}) {
  const result = await build({
    ...browsers,
    ...widgetOnly,
    entryPoints: [join(here, 'widget', entry)],
    define: { ...browsers.define, ...define },
    legalComments: 'none',
    write: false,
  });
  return result.outputFiles[0].contents;
}

function integrity(bytes) {
  return `sha384-${createHash('sha384').update(bytes).digest('base64')}`;
}
