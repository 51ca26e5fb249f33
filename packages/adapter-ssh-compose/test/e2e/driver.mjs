// Drives a deployer as a process of its own, so that a test can kill or stop it. Runs the built package.
// Its argument is JSON; it prints a line before each step and, at the end, the outcome.
import { createInterface } from 'node:readline';
import { localCompose, sshCompose } from '../../dist/index.js';

const { way, options, release, credentials, claim, wait } = JSON.parse(process.argv[2]);
const deployer = way === 'local' ? localCompose(options) : sshCompose(options);
const call = { signal: new AbortController().signal, claim };
const say = (text) => process.stdout.write(`${text}\n`);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const steps = [
  ['lock', () => deployer.lock('host', call)],
  ['pull', () => deployer.pull('host', release, credentials, call)],
  ['pin', () => deployer.pin('host', release, call)],
  ['restart', () => deployer.restart('host', release, call)],
  ['health', () => deployer.health('host', release, call)],
];
for (const [name, step] of steps) {
  if (wait === name) {
    say(`waits ${name}`);
    await lines.next();
  }
  say(`begins ${name}`);
  const result = await step();
  if (result.isErr()) {
    say(`failed ${name} ${result.error.code}`);
    break;
  }
  say(`done ${name}`);
}
say('end');
await deployer.close();
process.exit(0);
