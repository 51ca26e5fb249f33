/**
 * Endpoint probes, of a deployment and of a rollback alike (R63, R64, R78).
 * @module
 */
import type { DavitError } from '../errors/index.js';
import type { JsonObject } from '../json.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import type { StepContext } from './step.js';

/** The digest of each image that a host should answer with, by image name. */
export type WantedDigests = (host: string) => Readonly<Record<string, string>>;

/** Every probe, once or once a host; the first that fails ends it. */
export function probeEndpoints(c: StepContext, hosts: readonly string[], wanted: WantedDigests): ResultAsync<JsonObject, DavitError> {
  const probeAll = async (): Promise<Result<JsonObject, DavitError>> => {
    const facts: Record<string, string> = {};
    for (const probe of c.environment.endpoints) {
      for (const host of probe.scope === 'host' ? hosts : hosts.slice(0, 1)) {
        const report = await probe.probe({ promotion: c.id, host, digests: wanted(host) }, c.call);
        if (report.isErr()) return err(report.error);
        facts[report.value.target] = report.value.summary;
      }
    }
    return ok({ endpoints: facts });
  };
  return new ResultAsync(probeAll());
}
