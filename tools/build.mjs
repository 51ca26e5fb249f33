/**
 * Builds the packages and examples of the workspace whose sources changed since they were last built.
 *
 *   node tools/build.mjs        JavaScript and type declarations, as they are published
 *   node tools/build.mjs --js   JavaScript only, which is all that the demo and the tests need
 *
 * No order is kept: packages name each other as dependencies, and types are found in the sources.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = join(dirname(fileURLToPath(import.meta.url)), '..');
const tsup = join(top, 'node_modules/tsup/dist/cli-default.js');
// Bundled into every package, so a change of one of these is a change of all of them.
const shared = ['tools/tsup-preset.ts', 'tools/bundle-preset.ts', 'tools/build.mjs', 'tsconfig.base.json', 'node_modules/tsup/package.json'];

/** Every folder of the workspace that is built. */
export function builtFolders() {
  return ['packages', 'examples'].flatMap((group) =>
    readdirSync(join(top, group), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(top, group, entry.name, 'tsup.config.ts')))
      .map((entry) => `${group}/${entry.name}`),
  );
}

/** Builds what changed; prints one line when something did, and everything the compiler said when one fails. */
export async function buildAll({ declarations }) {
  const started = Date.now();
  const kind = declarations ? 'full' : 'js';
  const waiting = builtFolders()
    // Both now: what is edited while a build runs is built by the next one.
    .map((folder) => ({ folder, state: stateOf(folder, declarations), jsState: stateOf(folder, false) }))
    .filter(({ folder, state }) => !isBuilt(folder, state, kind));
  if (waiting.length === 0) return;
  console.log(`build: ${waiting.length} package${waiting.length === 1 ? '' : 's'} …`);

  const failures = [];
  const total = waiting.length;
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const failure = await build(next.folder, declarations);
      if (failure === undefined) markBuilt(next, kind);
      else failures.push(failure);
    }
  };
  // A declaration build takes most of a gigabyte and more than one core.
  await Promise.all(Array.from({ length: declarations ? 2 : availableParallelism() }, worker));
  for (const failure of failures) console.error(failure);
  if (failures.length > 0) {
    console.error(`build: ${failures.length} of ${total} packages could not be built; the compiler's words are above.`);
    process.exit(1);
  }
  console.log(`build: built in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** Resolves to what the compiler said when it failed. The old build stays in place until the new one is whole. */
async function build(folder, declarations) {
  const fresh = join(top, folder, `dist.${process.pid}.new`);
  const { code, output } = await new Promise((resolve) => {
    const child = spawn(process.execPath, [tsup, '--out-dir', fresh], {
      cwd: join(top, folder),
      env: { ...process.env, DAVIT_BUILD: declarations ? 'full' : 'js', FORCE_COLOR: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.once('error', (error) => resolve({ code: 1, output: error.message }));
    child.once('close', (code) => resolve({ code, output }));
  });
  if (code !== 0 || !existsSync(fresh)) {
    rmSync(fresh, { recursive: true, force: true });
    return `--- ${folder}\n${output}`;
  }
  const dist = join(top, folder, 'dist');
  const old = join(top, folder, `dist.${process.pid}.old`);
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(fresh, dist);
  rmSync(old, { recursive: true, force: true });
  return undefined;
}

/** A hash of all that goes into a package's build. Declarations, and a bundle, are also made of what other packages hold. */
function stateOf(folder, declarations) {
  const hash = createHash('sha256');
  for (const file of shared) addFile(hash, file);
  const isBundle = readFileSync(join(top, folder, 'tsup.config.ts'), 'utf8').includes('bundle-preset');
  const own = declarations || isBundle ? builtFolders() : [folder];
  for (const one of own) for (const file of [`${one}/package.json`, `${one}/tsup.config.ts`, ...filesBelow(`${one}/src`)]) addFile(hash, file);
  return hash.digest('hex');
}

function addFile(hash, file) {
  hash.update(file).update('\0').update(readFileSync(join(top, file))).update('\0');
}

function filesBelow(folder) {
  if (!existsSync(join(top, folder))) return [];
  return readdirSync(join(top, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(top, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

const stampFile = (folder, kind) => join(top, '.cache/build', `${folder.replace('/', '-')}.${kind}`);

function isBuilt(folder, state, kind) {
  const stamp = stampFile(folder, kind);
  return existsSync(join(top, folder, 'dist')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === state;
}

function markBuilt({ folder, state, jsState }, kind) {
  mkdirSync(join(top, '.cache/build'), { recursive: true });
  // A build of JavaScript alone has no declarations: it takes the place of a full one.
  if (kind === 'js') rmSync(stampFile(folder, 'full'), { force: true });
  else writeFileSync(stampFile(folder, 'js'), jsState);
  writeFileSync(stampFile(folder, kind), state);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAll({ declarations: !process.argv.includes('--js') });
