/**
 * `pnpm bench copy [CASE …] [--runs N]`: two real docker-registry processes on loopback; crane, oras, skopeo and Davit copy
 * the same image in turn. `pnpm bench blob` compares the forms in which a blob can be sent. Every figure is a median; ratios are taken round by round. Read the ratios: seconds tell more
 * of the machine.
 * @module
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { missing } from '@davit/real-services';
import { runBlobForms } from './blob-bench.js';
import { copyCases } from './cases.js';
import { davitCommands, davitLibrary, peers, type Contender } from './contenders.js';
import { runCase } from './copy-bench.js';
import { median, tableOf } from './table.js';

const say = (line = ''): void => void process.stdout.write(`${line}\n`);

async function startTimes(contenders: readonly Contender[]): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number>();
  for (const { name, start } of contenders) {
    const walls: number[] = [];
    for (let round = 0; start !== undefined && round < 5; round += 1) walls.push((await start()).wallMs);
    times.set(name, median(walls) ?? 0);
  }
  return times;
}

async function benchBlob(rounds: number): Promise<number> {
  say(`6 layers of 50 MB, 4 at a time, one process for each form, ${String(rounds)} rounds after one that is not counted`);
  for (const line of tableOf(await runBlobForms(rounds), new Map(), ['request'])) say(`  ${line}`);
  return 0;
}

async function benchCopy(names: readonly string[], rounds: number): Promise<number> {
  const unknown = names.find((name) => !copyCases.some((one) => one.name === name));
  if (unknown !== undefined) {
    say(`There is no case ${unknown}. There are: ${copyCases.map(({ name }) => name).join(', ')}.`);
    return 2;
  }
  const contenders = [...davitCommands(), davitLibrary(), ...peers()];
  try {
    const starts = await startTimes(contenders);
    say(`Node ${process.version}, ${String(cpus().length)} × ${cpus()[0]?.model ?? 'processor'}, load ${loadavg()[0]?.toFixed(1) ?? ''}, ${String(rounds)} rounds after one that is not counted`);
    say(`start-up: ${[...starts].filter(([, ms]) => ms > 0).map(([name, ms]) => `${name} ${(ms / 1000).toFixed(2)} s`).join(', ')}`);
    for (const copyCase of copyCases) {
      if (names.length === 0 ? copyCase.onRequest === true : !names.includes(copyCase.name)) continue;
      const runs = await runCase(copyCase, contenders, copyCase.runs ?? rounds, (line) => {
        if (process.stdout.isTTY) process.stdout.write(`\r${copyCase.name}: ${line}\u001b[K\r`);
      });
      say();
      say(`${copyCase.name}: ${copyCase.title} (aim: ${copyCase.aim})`);
      for (const line of tableOf(runs, starts)) say(`  ${line}`);
    }
    return 0;
  } finally {
    for (const contender of contenders) contender.close();
  }
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { runs: { type: 'string', default: '5' } } });
const [what, ...names] = positionals;
const rounds = Number(values.runs);
if ((what !== 'copy' && what !== 'blob') || !Number.isInteger(rounds) || rounds < 1) {
  say('usage: pnpm bench copy [CASE …] [--runs N]');
  say('       pnpm bench blob [--runs N]');
  for (const { name, title, onRequest } of copyCases) say(`  ${name.padEnd(16)} ${title}${onRequest === true ? ' (only where it is named)' : ''}`);
  process.exitCode = 2;
} else {
  const lacks = missing('docker-registry');
  if (lacks !== undefined) say(lacks);
  process.exitCode = lacks !== undefined ? 1 : what === 'blob' ? await benchBlob(rounds) : await benchCopy(names, rounds);
}
