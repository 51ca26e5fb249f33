/**
 * `npm run demo`: two registries over real HTTP, three versions of a tiny web application as real images, and the davit
 * command that promotes them. The first two complete; the third is unwell and is rolled back.
 * @module
 */
import { mkdtemp, readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRegistryServer, pushImage, type RegistryServer } from '@davit/registry-server';
import { davit } from './davit.js';
import { stopApplication } from './stop-application.js';
import { versions } from './versions.js';

const bold = (text: string): string => (process.stdout.isTTY && process.env['NO_COLOR'] === undefined ? `\u001b[1m${text}\u001b[22m` : text);
const say = (text = ''): void => void process.stdout.write(`${text}\n`);

// A reader that goes away (`npm run demo | head`) must not keep the demo from cleaning up.
process.stdout.on('error', () => undefined);

const directory = await mkdtemp(join(tmpdir(), 'davit-demo-'));
const [staging, production] = await Promise.all([startRegistryServer(), startRegistryServer()]);
const port = await freePort();
const page = `http://127.0.0.1:${String(port)}/`;
const env = { DEMO_STAGING: staging.host, DEMO_PRODUCTION: production.host, DEMO_DIRECTORY: directory, DEMO_PORT: String(port) };

let status = 1;
try {
  status = await demonstrate();
} catch (thrown) {
  say();
  say(`The demo ended early: ${thrown instanceof Error ? thrown.message : String(thrown)}.`);
} finally {
  await stopApplication(join(directory, 'host'), port);
  await Promise.all([staging.close(), production.close()]);
}
say('Nothing is left running. The journal and the host\'s files are kept for you to look at:');
say(`  ${join(directory, 'store')}`);
say(`  rm -r ${directory}   removes them`);
process.exitCode = status;

async function demonstrate(): Promise<number> {
  for (const { tag, files } of Object.values(versions)) {
    await pushImage(staging, { repository: 'shop/web', tag, files, config: { Cmd: ['node', 'server.mjs'], WorkingDir: '/app' }, labels: { 'org.opencontainers.image.version': tag } });
  }
  say(`staging registry     ${staging.url}   holds shop/web:v1, v2 and v3`);
  say(`production registry  ${production.url}   is empty`);
  say(`the application      ${page}`);

  await chapter('v1 is deployed for the first time', 'v1', 0);
  await chapter('v2 is promoted', 'v2', 0);
  await chapter('v3 starts, but is not healthy: production goes back to v2', 'v3', 3);

  say();
  say(bold('Afterwards'));
  await run(['history', '--to', 'production'], 0);
  await run(['status'], 0);
  await run(['status', await newestPromotion(), '--events'], 0, 10);
  await agree(staging, production);
  say();
  say(bold('That is all: ') + 'two promotions completed, one was rolled back, and the page answers.');
  return 0;
}

async function chapter(title: string, tag: string, expected: number): Promise<void> {
  say();
  say(bold(title));
  await run(['promote', `${staging.host}/shop/web:${tag}`, '--to', 'production'], expected);
  say(`$ curl ${page}`);
  say((await (await fetch(page)).text()).trimEnd());
}

/** Runs a davit command; shows the last records only where `last` says how many. */
async function run(args: readonly string[], expected: number, last?: number): Promise<void> {
  say();
  say(`$ davit ${args.join(' ')}${last === undefined ? '' : ` | grep ^20 | tail -${String(last)}`}`);
  const code = await davit(args, env, last);
  if (code !== expected) throw new Error(`davit ${args[0] ?? ''} ended with exit code ${String(code)} instead of ${String(expected)}`);
}

async function newestPromotion(): Promise<string> {
  const names = await readdir(join(directory, 'store', 'promotions'));
  return names.sort().at(-1) ?? '';
}

/** Both registries hold the same bytes. */
async function agree(...registries: readonly RegistryServer[]): Promise<void> {
  const accept = { accept: 'application/vnd.oci.image.manifest.v1+json' };
  const [tested, promoted] = await Promise.all(registries.map(async ({ url }, at) => (await fetch(`${url}/v2/shop/web/manifests/${at === 0 ? 'v2' : 'production'}`, { headers: accept })).text()));
  say();
  say(`The manifest of shop/web:v2 on staging and of shop/web:production are ${tested === promoted ? 'the same bytes' : 'NOT THE SAME'}.`);
  if (tested !== promoted) throw new Error('the registries do not hold the same manifest');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => { resolve(typeof address === 'object' && address !== null ? address.port : 0); });
    });
  });
}
