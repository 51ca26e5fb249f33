/**
 * The child process of the kill test: deploys what it is told, with the lock, and says how far it came.
 * @module
 */
import { writeSync } from 'node:fs';
import { dockerRegistry } from '@davit/adapter-docker-registry';
import type { HostCall, HostRelease, ResultAsync } from '@davit/core';
import { processDeployer } from '@davit/example-process-deployer';

const [directory = '', port = '', image = '', fence = ''] = process.argv.slice(2);
const deployer = processDeployer({ directory, registry: dockerRegistry({ dockerConfig: false }), services: { web: { port: Number(port), healthPath: '/up' } }, healthIntervalMs: 20 });
const release: HostRelease = { services: [{ service: 'web', image }] };
const call: HostCall = { signal: new AbortController().signal, claim: { promotion: 'p', environment: 'production', fence: Number(fence) } };

const steps: readonly (readonly [string, () => ResultAsync<unknown, unknown>])[] = [
  ['lock', () => deployer.lock('local', call)],
  ['pull', () => deployer.pull('local', release, [], call)],
  ['pin', () => deployer.pin('local', release, call)],
  ['restart', () => deployer.restart('local', release, call)],
  ['health', () => deployer.health('local', release, call)],
  ['proof', () => deployer.proof('local', release, call)],
  ['commit', () => deployer.commit('local', release, call)],
];
for (const [name, step] of steps) {
  writeSync(1, `${name}\n`);
  const result = await step();
  if (result.isErr()) {
    writeSync(1, `failed ${JSON.stringify(result)}\n`);
    process.exit(1);
  }
}
writeSync(1, 'done\n');
// The lock stays: whoever comes next has a higher fence, or finds that this process is gone.
process.exit(0);
