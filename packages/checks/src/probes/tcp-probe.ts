/**
 * Does a port of the application accept connections (R63–R65).
 * @module
 */
import { connect } from 'node:net';
import { checkOptions, ResultAsync, rule, type CheckError, type EndpointProbe, type OptionRules, type ProbeReport, type ProbeSubject, type Result } from '@davit/core';
import { askUntilSteady, steadiness, steadyRules, type Attempt, type SteadyOptions } from './ask-until-steady.js';
import { networkFault } from './network-fault.js';

export interface TcpProbeOptions extends SteadyOptions {
  /** Name or address. With `{host}` in it, it is asked for each host of the environment. */
  readonly host: string;
  readonly port: number;
  /** Name in records. Default: `tcp`. */
  readonly name?: string;
}

const rules: OptionRules<TcpProbeOptions> = { ...steadyRules, host: rule.text, port: rule.whole(1, 65_535), name: rule.optional(rule.text) };

/**
 * Connects to a port until it was accepted three times in a row. Nothing is sent.
 * @example tcpProbe({ host: '{host}', port: 5432 })
 * @throws ConfigurationError where an option is missing, misspelt or wrong.
 */
export function tcpProbe(options: TcpProbeOptions): EndpointProbe {
  checkOptions<TcpProbeOptions>(options, rules, { of: 'tcpProbe' });
  const steady = steadiness(options);
  const { host, port, name = 'tcp' } = options;

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
