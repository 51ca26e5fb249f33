/**
 * Does the application answer (specification: chart 2, N and O; R63, R64).
 * @module
 */
import type { CheckError } from '../errors/index.js';
import type { ResultAsync } from '../result.js';
import type { Call } from './call.js';

export interface ProbeSubject {
  readonly promotion: string;
  readonly host: string;
  /** The digests that should answer, by image name. */
  readonly digests: Readonly<Record<string, string>>;
}

export interface ProbeReport {
  /** `GET https://app.example.com/up` */
  readonly target: string;
  /** `200 in 12 ms, 3 times in a row` */
  readonly summary: string;
}

/** Asks until the endpoint answers as it should or its own time is over. The error is `endpoint_failed` or `check_inconclusive`. */
export interface EndpointProbe {
  readonly name: string;
  /** `runner`: asked once from this machine. `host`: asked for each host. Default: `runner`. */
  readonly scope?: 'runner' | 'host';
  probe(subject: ProbeSubject, call: Call): ResultAsync<ProbeReport, CheckError>;
}
