/**
 * Does a port of the application accept connections (R63–R65).
 * @module
 */
import { connect } from 'node:net';
import { ConfigurationError, ResultAsync, type CheckError, type EndpointProbe, type ProbeReport, type ProbeSubject, type Result } from '@davit/core';
import { askUntilSteady, steadiness, type Attempt, type SteadyOptions } from './ask-until-steady.js';
import { networkFault } from './network-fault.js';

export interface TcpProbeOptions extends SteadyOptions {
  /** Name or address. With `{host}` in it, it is asked for each host of the environment. */
  readonly host: string;
  readonly port: number;
  /** Name in records. Default: `tcp`. */
  readonly name?: string;
}

/**
 * Connects to a port until it was accepted three times in a row. Nothing is sent.
 * @example tcpProbe({ host: '{host}', port: 5432 })
 * @throws ConfigurationError where an option is wrong.
 */
export function tcpProbe(options: TcpProbeOptions): EndpointProbe {
  const steady = steadiness(options);
  const { host, port, name = 'tcp' } = options;
  if (typeof host !== 'string' || host === '') throw new ConfigurationError('tcpProbe needs a host', { field: 'host' });
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new ConfigurationError('port must be a whole number from 1 to 65535', { field: 'port' });

  const probe = async (subject: ProbeSubject, signal: AbortSignal): Promise<Result<ProbeReport, CheckError>> => {
    const address = host.replaceAll('{host}', subject.host);
    const url = `tcp://${address.includes(':') ? `[${address}]` : address}:${String(port)}`;
    const ask = (stop: AbortSignal): Promise<Attempt> => attempt(address, port, stop, () => steady.clock.now());
    return (await askUntilSteady(url, ask, steady, signal)).map((summary) => ({ target: url, summary }));
  };
  return { name, scope: host.includes('{host}') ? 'host' : 'runner', probe: (subject, { signal }) => new ResultAsync(probe(subject, signal)) };
}

function attempt(host: string, port: number, signal: AbortSignal, now: () => number): Promise<Attempt> {
  return new Promise((resolve) => {
    const startedAt = now();
    const socket = connect({ host, port, signal });
    socket.once('connect', () => {
      socket.destroy();
      resolve({ verdict: 'good', summary: `accepted in ${String(now() - startedAt)} ms` });
    });
    socket.once('error', (error) => {
      resolve(networkFault(error));
    });
  });
}
