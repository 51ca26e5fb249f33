/**
 * Runs every contender in turn on the same copy, round after round, so that a machine that gets slower gets slower for all.
 * @module
 */
import { startDockerRegistry, type DockerRegistry } from '@davit/real-services';
import type { CopyCase } from './cases.js';
import type { Contender } from './contenders.js';
import { pushRandomImage } from './images.js';
import type { Figures } from './process-run.js';
import { openLink, requestsOf, withRegistry } from './stage.js';

export interface Run extends Figures {
  readonly sourceRequests: number;
  readonly targetRequests: number;
}

/** The runs of one contender, round by round. */
export type Runs = ReadonlyMap<string, readonly Run[]>;

export async function runCase(copyCase: CopyCase, contenders: readonly Contender[], rounds: number, tell: (line: string) => void): Promise<Runs> {
  const runs = new Map<string, Run[]>(contenders.map(({ name }) => [name, []]));
  await withRegistry(async (source) => {
    await pushRandomImage(`${source.host}/bench/app:1`, copyCase.image);
    // The first round warms the disk's cache and is not counted.
    for (let round = 0; round <= rounds; round += 1) {
      for (const contender of contenders) {
        const run = await oneRun(copyCase, contender, source);
        if (round > 0) runs.get(contender.name)?.push(run);
      }
      tell(`round ${String(round)} of ${String(rounds)}`);
    }
  });
  return runs;
}

/** Each copy has a target of its own, which nobody wrote to before. */
async function oneRun(copyCase: CopyCase, contender: Contender, source: DockerRegistry): Promise<Run> {
  const target = await startDockerRegistry();
  const link = copyCase.link;
  const links = link === undefined ? [] : await Promise.all([openLink({ ...link, toPort: source.port }), openLink({ ...link, toPort: target.port })]);
  const [from, to] = [links[0]?.host ?? source.host, links[1]?.host ?? target.host];
  try {
    const inOne = copyCase.before === 'other repository';
    if (copyCase.before !== 'nothing') {
      const first = { 'same tag': 'app:1', 'other tag': 'app:0', 'other repository': 'first:1' }[copyCase.before];
      await contender.copy(`${from}/bench/app:1`, `${to}/bench/${first}`);
    }
    const [sourceBefore, targetBefore] = [requestsOf(source), requestsOf(target)];
    const figures = await contender.copy(inOne ? `${to}/bench/first:1` : `${from}/bench/app:1`, `${to}/bench/app:1`);
    return { ...figures, sourceRequests: requestsOf(source) - sourceBefore, targetRequests: requestsOf(target) - targetBefore };
  } finally {
    for (const one of links) one.close();
    await target.stop();
  }
}
