/**
 * Stops what the demo deployed, through the deployer's own port.
 * @module
 */
import { processDeployer } from '@davit/example-process-deployer';
import { dockerRegistry } from '@davit/adapter-docker-registry';

/** `directory` is the host's, as the deployer was given it. Nothing deployed is no error. */
export async function stopApplication(directory: string, port: number): Promise<void> {
  const registry = dockerRegistry();
  const deployer = processDeployer({ directory, registry, services: { web: { port } } });
  const call = { signal: AbortSignal.timeout(20_000), claim: { promotion: 'the end of the demo', environment: 'production', fence: 1 } };
  const locked = await deployer.lock('local', call);
  if (locked.isErr()) throw new Error(locked.error.message);
  try {
    const stopped = await deployer.stop('local', ['web'], call);
    if (stopped.isOk() && stopped.value.survivors.length === 0) return;
    const ended = await deployer.forceStop('local', ['web'], call);
    if (ended.isErr()) throw new Error(ended.error.message);
  } finally {
    await locked.value.release();
    await registry.close();
  }
}
