/**
 * Checks the options that every registry adapter has in common.
 * @module
 */
import { requirePort, rule, type OptionFault, type OptionRule, type OptionRules } from '@davit/core/adapter';
import { certificateFault, type ClientCertificate, type HostSettings, type Pem } from './host-settings.js';
import type { RegistryClientOptions } from './registry-client.js';

type Common = Pick<RegistryClientOptions, 'plainHttp' | 'insecure' | 'ca' | 'clientCertificate' | 'hosts' | 'tokenServices' | 'proxy' | 'environment' | 'requestTimeoutMs' | 'connections' | 'retry' | 'clock'>;

const { anyText, by, flag, must, optional, options, whole } = rule;

const isHost = (host: unknown): boolean => typeof host === 'string' && /^[^/\s]+$/.test(host);
const isHostList = (value: unknown): boolean => Array.isArray(value) && value.every(isHost);
const isPem = (value: unknown): boolean => (typeof value === 'string' && value !== '') || (Buffer.isBuffer(value) && value.length > 0);

const someHosts = must('true, false, or a list of registries as host[:port]', (value) => typeof value === 'boolean' || isHostList(value));

/** Certificates are read at once: what cannot be used would otherwise be found by the first handshake. */
const usable = (settings: HostSettings, field: string): OptionFault | undefined => {
  const fault = certificateFault(settings);
  return fault === null ? undefined : { field, message: `${field} cannot be used (${fault})` };
};

const ca: OptionRule = (value, field) => must('certificates as PEM: a text, a Buffer, or a list of them', (given) => [given].flat().length > 0 && [given].flat().every(isPem))(value, field) ?? usable({ ca: value as Pem }, field);

const bothPem = '{ certificate, key }, both as PEM';
const clientCertificate: OptionRule = (value, field) =>
  options<ClientCertificate>({ certificate: must(bothPem, isPem), key: must(bothPem, isPem), passphrase: optional(anyText) }, bothPem)(value, field) ??
  usable({ clientCertificate: value as ClientCertificate }, field);

const hostRules: OptionRules<HostSettings> = { ca: optional(ca), clientCertificate: optional(clientCertificate), insecure: optional(flag), plainHttp: optional(flag) };

const hosts: OptionRule = (value, field) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return must('a record of settings by host[:port]', () => false)(value, field);
  for (const [host, settings] of Object.entries(value)) {
    const at = `${field}[${JSON.stringify(host)}]`;
    const fault = isHost(host) ? options(hostRules, 'a record of settings')(settings, at) : { field: at, message: `${at} is not a registry as host[:port]` };
    if (fault !== undefined) return fault;
  }
  return undefined;
};

/** A rule for each of them, to be spread into an adapter's own. */
export const clientRules: OptionRules<Common> = {
  plainHttp: optional(someHosts),
  insecure: optional(someHosts),
  ca: optional(ca),
  clientCertificate: optional(clientCertificate),
  hosts: optional(hosts),
  tokenServices: optional(must('a list of hosts as host[:port]', isHostList)),
  proxy: optional(must('the address of a proxy, or false', (value) => value === false || (typeof value === 'string' && value !== ''))),
  environment: optional(must('an object with a text by variable, such as process.env', (value) => typeof value === 'object' && value !== null && !Array.isArray(value))),
  requestTimeoutMs: optional(whole(1)),
  connections: optional(whole(1)),
  retry: optional(options<NonNullable<Common['retry']>>({ attempts: optional(whole(1)), minDelayMs: optional(whole(0)), maxDelayMs: optional(whole(0)), maxRetryAfterMs: optional(whole(0)) })),
  clock: optional(by(requirePort, 'Clock')),
};

/** Rules for where logins are looked for. */
export const loginRules: OptionRules<{ readonly environmentPrefix?: string | false; readonly dockerConfig?: string | false }> = {
  environmentPrefix: optional(must('the beginning of a variable\'s name, or false', (value) => value === false || (typeof value === 'string' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(value)))),
  dockerConfig: optional(must('a directory, or false', (value) => value === false || (typeof value === 'string' && value !== ''))),
};
