/**
 * Endpoint probes, of a deployment and of a rollback alike (R63, R64, R78).
 * @module
 */
import type { DavitError } from '../errors/index.js';
import type { JsonObject } from '../json.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import type { StepContext } from './step.js';

/** Every probe, once or once a host; the first that fails ends it. */
export function probeEndpoints(c: StepContext, hosts: readonly string[]): ResultAsync<JsonObject, DavitError> {
  const probeAll = async (): Promise<Result<JsonObject, DavitError>> => {
    const facts: Record<string, string> = {};
    const digests = Object.fromEntries(c.release.map(({ name, digest }) => [name, digest]));
    for (const probe of c.environment.endpoints) {
      for (const host of probe.scope === 'host' ? hosts : hosts.slice(0, 1)) {
        const report = await probe.probe({ promotion: c.id, host, digests }, c.call);
        if (report.isErr()) return err(report.error);
        facts[report.value.target] = report.value.summary;
      }
    }
    return ok({ endpoints: facts });
  };
  return new ResultAsync(probeAll());
}
