/**
 * Checks what would be published: builds everything with declarations, packs each public package, lets publint and
 * are-the-types-wrong look at it, then installs all of them together in an empty folder and loads every entry as an ES
 * module and as CommonJS, as a user's program would.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAll } from './build.mjs';

const top = join(dirname(fileURLToPath(import.meta.url)), '..');
const root = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
const work = mkdtempSync(join(tmpdir(), 'davit-packages-'));
const failures = [];

try {
  await buildAll({ declarations: true });
  const packages = readdirSync(join(top, 'packages'))
    .map((folder) => ({ folder: join(top, 'packages', folder), manifest: JSON.parse(readFileSync(join(top, 'packages', folder, 'package.json'), 'utf8')) }))
    .filter(({ manifest }) => manifest.private !== true)
    .map((one) => ({ ...one, tarball: pack(one.folder) }));

  for (const { manifest, folder, tarball } of packages) {
    checkManifest(manifest, folder);
    attempt(`the LICENSE of ${manifest.name}`, 'tar', ['-xzf', tarball, '-O', 'package/LICENSE']);
    attempt(`publint ${manifest.name}`, join(top, 'node_modules/.bin/publint'), ['run', tarball, '--strict']);
    // The oldest resolution, node10, knows no subpath exports; every Node that can run Davit does.
    const profile = manifest.exports['.'].require === undefined ? 'esm-only' : 'node16';
    attempt(`attw ${manifest.name}`, join(top, 'node_modules/.bin/attw'), [tarball, '--profile', profile, '--no-emoji']);
  }
  load(packages);
  if (failures.length === 0) console.log(`packages: ${packages.length} are fit to publish: ${packages.map(({ manifest }) => manifest.name).join(', ')}`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
if (failures.length > 0) {
  console.error(`packages: failed: ${failures.join('; ')}`);
  process.exit(1);
}

/** pnpm replaces `workspace:` and `publishConfig`, as it does when it publishes. */
function pack(folder) {
  const out = join(work, folder.split('/').pop());
  mkdirSync(out);
  const { status, stdout, stderr } = spawnSync('npx', ['-y', root.packageManager, 'pack', '--pack-destination', out], { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`pnpm pack failed in ${folder}\n${stdout}${stderr}`);
  return join(out, readdirSync(out)[0]);
}

function attempt(name, program, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', ...options });
  if (status === 0) return;
  failures.push(name);
  console.error(`--- ${name}\n${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`);
}

/** What stands in the manifest twice must agree: the exports of a checkout and those that are published. */
function checkManifest(manifest, folder) {
  const withoutSource = Object.fromEntries(
    Object.entries(manifest.exports).map(([entry, target]) => {
      if (typeof target === 'string') return [entry, target];
      const { '@davit/source': _, ...published } = target;
      return [entry, published];
    }),
  );
  const expect = (holds, what) => {
    if (holds) return;
    failures.push(`${manifest.name}: ${what}`);
  };
  expect(JSON.stringify(withoutSource) === JSON.stringify(manifest.publishConfig?.exports), 'publishConfig.exports differs from exports');
  expect(manifest.publishConfig?.access === 'public', 'publishConfig.access is not public');
  expect(manifest.license === root.license, `the licence is not ${root.license}`);
  expect(manifest.engines?.node === root.engines.node, `engines.node is not ${root.engines.node}`);
  for (const [name, range] of Object.entries({ ...manifest.dependencies })) {
    expect(range.startsWith('workspace:') || /^\d/.test(range), `${name} is not pinned`);
  }
  const readme = readdirSync(folder).includes('README.md');
  expect(readme, 'no README.md');
}

/** Installs the tarballs and what they depend on, and loads each entry both ways. */
function load(packages) {
  const consumer = join(work, 'consumer');
  mkdirSync(consumer);
  const dependencies = Object.fromEntries(packages.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]));
  // A package names the others by version: all of them must be the ones that were just packed.
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ name: 'consumer', private: true, dependencies: { ...dependencies, vitest: root.devDependencies.vitest }, overrides: dependencies }));
  attempt('installing the packed packages', 'npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: consumer });
  if (failures.includes('installing the packed packages')) return;
  for (const { manifest } of packages) {
    for (const [entry, target] of Object.entries(manifest.exports).filter(([name]) => name !== './package.json')) {
      const name = manifest.name + entry.slice(1);
      attempt(`import ${name}`, process.execPath, ['--input-type=module', '-e', `await import(${JSON.stringify(name)})`], { cwd: consumer });
      if (target.require !== undefined) attempt(`require ${name}`, process.execPath, ['-e', `require(${JSON.stringify(name)})`], { cwd: consumer });
    }
    for (const [command, file] of Object.entries(manifest.bin ?? {})) {
      attempt(`${command} (${file}) --version`, join(consumer, 'node_modules/.bin', command), ['--version'], { cwd: consumer });
    }
  }
}
