/**
 * Checks the options that every registry adapter has in common.
 * @module
 */
import { ConfigurationError } from '@davit/core/adapter';
import { certificateFault, type HostSettings } from './host-settings.js';
import type { RegistryClientOptions } from './registry-client.js';

type Common = Pick<RegistryClientOptions, 'plainHttp' | 'insecure' | 'ca' | 'clientCertificate' | 'hosts' | 'tokenServices' | 'proxy' | 'requestTimeoutMs' | 'connections' | 'retry'>;

/** Throws a `ConfigurationError` that names the adapter and the option. For adapters that hand their options on to the client. */
export function checkClientOptions(adapter: string, { plainHttp, insecure, ca, clientCertificate, hosts, tokenServices, proxy, requestTimeoutMs, connections, retry }: Common): void {
  const wrong = (field: string, what: string): ConfigurationError => new ConfigurationError(`${adapter}: ${field} ${what}`, { field });
  const count = (field: string, value: number | undefined, least: number): void => {
    if (value !== undefined && (!Number.isSafeInteger(value) || value < least)) throw wrong(field, `is a whole number of at least ${String(least)}`);
  };
  count('requestTimeoutMs', requestTimeoutMs, 1);
  count('connections', connections, 1);
  count('retry.attempts', retry?.attempts, 1);
  count('retry.minDelayMs', retry?.minDelayMs, 0);
  count('retry.maxDelayMs', retry?.maxDelayMs, 0);
  count('retry.maxRetryAfterMs', retry?.maxRetryAfterMs, 0);
  for (const [field, value] of Object.entries({ plainHttp, insecure })) {
    if (value !== undefined && typeof value !== 'boolean' && !(Array.isArray(value) && value.every(isHost))) throw wrong(field, 'is true, false, or a list of registries as host[:port]');
  }
  if (tokenServices !== undefined && !(Array.isArray(tokenServices) && tokenServices.every(isHost))) throw wrong('tokenServices', 'is a list of hosts as host[:port]');
  if (proxy !== undefined && proxy !== false && (typeof proxy !== 'string' || proxy === '')) throw wrong('proxy', 'is the address of a proxy, or false');
  const certificates = (at: string, settings: HostSettings): void => {
    const given = settings.clientCertificate as Partial<Record<'certificate' | 'key', unknown>> | null | undefined;
    if (given !== undefined && (typeof given !== 'object' || given === null || !isText(given.certificate) || !isText(given.key))) throw wrong(`${at}clientCertificate`, 'is { certificate, key }, both as PEM');
    for (const [field, each] of [['ca', settings.ca === undefined ? {} : { ca: settings.ca }], ['clientCertificate', settings.clientCertificate === undefined ? {} : { clientCertificate: settings.clientCertificate }]] as const) {
      const fault = certificateFault(each);
      if (fault !== null) throw wrong(`${at}${field}`, `cannot be used (${fault})`);
    }
  };
  certificates('', { ...(ca === undefined ? {} : { ca }), ...(clientCertificate === undefined ? {} : { clientCertificate }) });
  if (hosts === undefined) return;
  if (typeof hosts !== 'object' || (hosts as unknown) === null || Array.isArray(hosts)) throw wrong('hosts', 'is a record of settings by host[:port]');
  for (const [host, settings] of Object.entries(hosts as Readonly<Record<string, unknown>>)) {
    const at = `hosts[${JSON.stringify(host)}]`;
    if (!isHost(host)) throw wrong(at, 'is not a registry as host[:port]');
    if (typeof settings !== 'object' || settings === null) throw wrong(at, 'is not a record of settings');
    for (const [field, value] of Object.entries(settings)) {
      if (!hostFields.has(field)) throw wrong(`${at}.${field}`, 'is not known');
      if ((field === 'insecure' || field === 'plainHttp') && typeof value !== 'boolean') throw wrong(`${at}.${field}`, 'is true or false');
    }
    certificates(`${at}.`, settings);
  }
}

const hostFields: ReadonlySet<string> = new Set(['ca', 'clientCertificate', 'insecure', 'plainHttp']);

const isHost = (host: unknown): boolean => typeof host === 'string' && /^[^/\s]+$/.test(host);

const isText = (value: unknown): boolean => (typeof value === 'string' && value !== '') || (Buffer.isBuffer(value) && value.length > 0);
