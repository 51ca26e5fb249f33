/**
 * Checks the options that every registry adapter has in common.
 * @module
 */
import { ConfigurationError } from '@davit/core/adapter';
import type { RegistryClientOptions } from './registry-client.js';

/** Throws a `ConfigurationError` that names the adapter and the option. For adapters that hand their options on to the client. */
export function checkClientOptions(adapter: string, { plainHttp, insecure, requestTimeoutMs, connections, retry }: Pick<RegistryClientOptions, 'plainHttp' | 'insecure' | 'requestTimeoutMs' | 'connections' | 'retry'>): void {
  const count = (field: string, value: number | undefined, least: number): void => {
    if (value !== undefined && (!Number.isSafeInteger(value) || value < least)) throw new ConfigurationError(`${adapter}: ${field} is a whole number of at least ${String(least)}`, { field });
  };
  count('requestTimeoutMs', requestTimeoutMs, 1);
  count('connections', connections, 1);
  count('retry.attempts', retry?.attempts, 1);
  count('retry.minDelayMs', retry?.minDelayMs, 0);
  count('retry.maxDelayMs', retry?.maxDelayMs, 0);
  for (const [field, value] of Object.entries({ plainHttp, insecure })) {
    if (value !== undefined && typeof value !== 'boolean' && !(Array.isArray(value) && value.every((host) => typeof host === 'string' && /^[^/\s]+$/.test(host)))) {
      throw new ConfigurationError(`${adapter}: ${field} is true, false, or a list of registries as host[:port]`, { field });
    }
  }
}
