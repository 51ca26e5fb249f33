/**
 * `pnpm bench blob`: the forms of the blob path against each other, on the same layers between two real registries.
 * @module
 */
import { fork } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { blobForms } from './blob-forms.js';
import type { Run, Runs } from './copy-bench.js';
import { pushRandomImage } from './images.js';
import type { Figures } from './process-run.js';
import { requestsOf, withRegistry } from './stage.js';

export async function runBlobForms(rounds: number): Promise<Runs> {
  const runs = new Map<string, Run[]>(Object.keys(blobForms).map((name) => [name, []]));
  await withRegistry(async (source) => {
    await pushRandomImage(`${source.host}/bench/app:1`, { layers: 6, layerBytes: 50 * 1024 * 1024 });
    for (let round = 0; round <= rounds; round += 1) {
      for (const name of runs.keys()) {
        const before = requestsOf(source);
        const run = await withRegistry(async (target): Promise<Run> => ({ ...(await copyIn(name, source.host, target.host)), targetRequests: requestsOf(target), sourceRequests: requestsOf(source) - before }));
        if (round > 0) runs.get(name)?.push(run);
      }
    }
  });
  return runs;
}

function copyIn(form: string, source: string, target: string): Promise<Figures> {
  const child = fork(join(dirname(fileURLToPath(import.meta.url)), 'blob-run.js'), [form, source, target]);
  return new Promise((resolve, reject) => {
    child.once('message', (figures) => { resolve(figures as Figures); });
    child.once('exit', (code) => { reject(new Error(`${form} ended with ${String(code)}`)); });
  });
}
