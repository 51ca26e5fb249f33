/**
 * The options of the process deployer, checked and completed.
 * @module
 */
import { resolve } from 'node:path';
import { ConfigurationError, systemClock, type Clock, type ImageSource } from '@davit/core';

export interface ServiceOptions {
  /** Where the application listens, on 127.0.0.1; it is told in `PORT`. */
  readonly port: number;
  /** Answers 200 when the application is well. Default: `/`. */
  readonly healthPath?: string;
  /** Script to run where the image names none. Default: `server.js`. */
  readonly entry?: string;
  /** Added to the image's own variables. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface ProcessDeployerOptions {
  /** Everything of this host: images, pin, processes, logs, ledger and lock. */
  readonly directory: string;
  /** The production registry, where images are pulled from by digest. */
  readonly registry: ImageSource;
  /** The services of this host, by name. */
  readonly services: Readonly<Record<string, ServiceOptions>>;
  /** What the host is called in records. Default: `local`. */
  readonly host?: string;
  /** How long a service may take to become healthy. Milliseconds; default: 30 000. */
  readonly healthTimeoutMs?: number;
  /** Between two questions for its health. Milliseconds; default: 250. */
  readonly healthIntervalMs?: number;
  /** How long a service may take to end after SIGTERM. Milliseconds; default: 5 000. */
  readonly stopGraceMs?: number;
  /** Default: the system's clock. */
  readonly clock?: Clock;
}

export type Settings = Required<ProcessDeployerOptions>;

export function settingsOf(options: ProcessDeployerOptions): Settings {
  const { directory, registry, services, host = 'local', healthTimeoutMs = 30_000, healthIntervalMs = 250, stopGraceMs = 5000, clock = systemClock } = options;
  if (typeof directory !== 'string' || directory === '') throw new ConfigurationError('processDeployer needs a directory', { field: 'directory' });
  if (Object.keys(services).length === 0) throw new ConfigurationError('processDeployer needs at least one service', { field: 'services' });
  const ports = new Map<number, string>();
  for (const [name, { port, healthPath = '/' }] of Object.entries(services)) {
    // The name becomes a directory.
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)) throw new ConfigurationError(`${JSON.stringify(name)} is not a name for a service`, { field: 'services' });
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new ConfigurationError(`services.${name}.port must be a whole number from 1 to 65535`, { field: `services.${name}.port` });
    if (ports.has(port)) throw new ConfigurationError(`${name} and ${ports.get(port) ?? ''} have the same port`, { field: `services.${name}.port` });
    if (!healthPath.startsWith('/')) throw new ConfigurationError(`services.${name}.healthPath must begin with /`, { field: `services.${name}.healthPath` });
    ports.set(port, name);
  }
  for (const [field, value] of Object.entries({ healthTimeoutMs, healthIntervalMs, stopGraceMs })) {
    if (!(value > 0)) throw new ConfigurationError(`${field} must be a positive number of milliseconds`, { field });
  }
  return { directory: resolve(directory), registry, services, host, healthTimeoutMs, healthIntervalMs, stopGraceMs, clock };
}
