/**
 * Turns what Docker, Compose and the shell say into errors: by the step that failed and its words, never by its exit
 * code alone, which changed between versions of Compose.
 * @module
 */
import { failure, type DeployerError, type ErrorFacts, type HostFailure } from '@davit/core';
import type { Report, Step } from './report.js';

/** What a text of Docker or Compose is about. */
export type Fault =
  | 'auth' | 'not_found' | 'rate_limited' | 'network' | 'disk_full' | 'daemon_down' | 'plugin_missing' | 'port_in_use'
  | 'conflict' | 'network_ambiguous' | 'no_such_service' | 'no_such_image' | 'dependency' | 'config' | 'oci' | 'other';

// In this order: the first that matches wins.
const patterns: readonly (readonly [Fault, RegExp])[] = [
  ['disk_full', /no space left on device|disk quota exceeded/i],
  ['daemon_down', /cannot connect to the docker daemon|is the docker daemon running|permission denied while trying to connect to the docker/i],
  ['plugin_missing', /unknown command: docker compose|'compose' is not a docker command|unknown (?:shorthand )?flag: .* in -f/i],
  ['port_in_use', /address already in use|port is already allocated/i],
  ['conflict', /is already in use by container/i],
  ['network_ambiguous', /network .* is ambiguous/i],
  ['no_such_service', /no such service/i],
  ['no_such_image', /no such image/i],
  ['dependency', /dependency failed to start|didn't complete successfully/i],
  ['oci', /OCI runtime create failed|failed to create (?:shim )?task|error mounting|exec format error/i],
  ['config', /yaml:|validating |interpolating |required variable|additional propert|no configuration file provided|invalid compose|services\.\S+ (?:must|contains|additional)|undefined (?:service|network|volume)|depends on undefined/i],
  ['rate_limited', /toomanyrequests|too many requests|\b429\b/i],
  ['auth', /no basic auth credentials|unauthorized|authentication required|\bdenied\b|incorrect username or password/i],
  ['not_found', /manifest unknown|manifest for .* not found|name unknown|repository does not exist|\bnot found\b/i],
  ['network', /dial tcp|i\/o timeout|connection refused|connection reset|no route to host|no such host|TLS|x509|EOF|context deadline exceeded|5\d\d (?:internal|bad gateway|service unavailable|gateway)/i],
];

export function faultOf(text: string): Fault {
  return patterns.find(([, pattern]) => pattern.test(text))?.[0] ?? 'other';
}

/** The last `lines` lines that say something, on one line, for a message. */
export function lastWords(text: string, lines = 1): string {
  const said = text.split('\n').map((line) => line.trim()).filter((line) => line !== '' && !/^Network .* (?:Creat|Remov)|^Container \S+ +(?:Creat|Creating|Created|Recreat\w*|Start\w*|Stopp\w*|Running|Wait\w*)$/.test(line));
  const words = said.slice(-lines).join(' / ');
  return words.length > 500 ? `${words.slice(0, 500)}…` : words;
}

/** At most 4 KiB from the end: what an error carries as evidence. */
export function evidence(text: string): { readonly evidence?: string } {
  const bytes = Buffer.from(text.trim());
  if (bytes.byteLength === 0) return {};
  const limit = 4096;
  if (bytes.byteLength <= limit) return { evidence: bytes.toString() };
  // The cut may split a character; what is left of it goes.
  return { evidence: bytes.subarray(bytes.byteLength - limit).toString().replace(/^�+/, '') };
}

/** The errors that any script can meet, whatever it was about to do; undefined where the text is about something else. */
export function commonFault(host: string, text: string, facts: ErrorFacts = {}): DeployerError | undefined {
  const words = lastWords(text);
  switch (faultOf(text)) {
    case 'disk_full':
      return failure('host_disk_full', `${host}: no space left: ${words}`, { host, ...facts });
    case 'daemon_down':
      return failure('docker_unavailable', `${host}: Docker does not answer: ${words}`, { host, retryable: true, ...facts });
    case 'plugin_missing':
      return failure('compose_unavailable', `${host}: there is no Docker Compose plugin for this user: ${words}`, { host, ...facts });
    case 'config':
      return failure('project_invalid', `${host}: Compose does not accept the project: ${words}`, { host, ...facts, ...evidence(text) });
    case 'network_ambiguous':
      return failure('compose_error', `${host}: ${words}; two networks have the same name: take the project down and up again (docker compose down, then up -d)`, { host, ...facts });
    default:
      return undefined;
  }
}

/** The error of a step that failed in a way that its caller has no own word for. */
export function stepFault(host: string, step: Step, what: string): DeployerError {
  const words = lastWords(step.err, 2) || `exit code ${String(step.rc)}`;
  return commonFault(host, step.err, { exitCode: step.rc }) ?? failure('command_failed', `${host}: ${what} failed: ${words}`, { host, exitCode: step.rc, ...evidence(step.err) });
}

/** The error of a whole script that ended badly. */
export function scriptFault(host: string, report: Report, what: string): DeployerError {
  const directory = report.step('directory');
  if (directory !== undefined && directory.rc !== 0) return failure('project_invalid', `${host}: the project directory cannot be entered: ${lastWords(directory.err)}`, { host });
  const words = lastWords(report.stderr, 2) || `exit code ${String(report.rc)}`;
  if (/(?:docker|flock|timeout|base64|sha256sum|mktemp|awk): (?:command )?not found/.test(report.stderr)) return failure('command_failed', `${host}: a program is missing: ${words}`, { host, exitCode: report.rc });
  return commonFault(host, report.stderr, { exitCode: report.rc }) ?? failure('command_failed', `${host}: ${what} failed: ${words}`, { host, exitCode: report.rc, ...evidence(report.stderr) });
}

export const interrupted = (host: string): DeployerError => failure('interrupted', `${host}: asked to stop`, { host, retryable: true });

/** Says of an error whether the host was changed before it. */
export const withChange = (error: DeployerError, changed: boolean): HostFailure => ({ ...error, changed });
