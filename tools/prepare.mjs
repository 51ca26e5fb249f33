/**
 * Makes a checkout ready to run, with nothing but Node and npm: installs the packages and builds the JavaScript, each
 * only when something changed since the last time. `npm run demo` and `npm test` begin with it.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = join(dirname(fileURLToPath(import.meta.url)), '..');
const manifest = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));

checkNode();
install();
// Only now: what builds is among the packages that were installed.
const { buildAll } = await import('./build.mjs');
await buildAll({ declarations: false });

function checkNode() {
  const wanted = manifest.engines.node.replace('>=', '');
  const [major, minor] = wanted.split('.').map(Number);
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return;
  console.error(`Davit needs Node ${wanted} or later; this is Node ${process.versions.node} (${process.execPath}).`);
  process.exit(1);
}

function install() {
  const stamp = join(top, 'node_modules/.davit-installed');
  const hash = createHash('sha256');
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) hash.update(readFileSync(join(top, file)));
  const state = hash.digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return;

  console.log('prepare: installing npm packages …');
  const started = Date.now();
  // pnpm must not ask anything, nor leave out what only development needs. Its version is the one that package.json names.
  const result = spawnSync('npx', ['-y', manifest.packageManager, 'install', '--frozen-lockfile'], {
    cwd: top,
    env: { ...process.env, CI: 'true', NODE_ENV: 'development' },
    encoding: 'utf8',
    shell: process.platform === 'win32',
    maxBuffer: 1 << 28,
  });
  if (result.status !== 0) {
    console.error(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`);
    console.error('prepare: the npm packages could not be installed; the reason is above.');
    process.exit(1);
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, state);
  console.log(`prepare: installed in ${seconds(started)}`);
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
