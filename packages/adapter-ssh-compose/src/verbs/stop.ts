/**
 * R71–R73: ends services and says which still run, by looking and never by an exit code.
 * @module
 */
import { err, failure, ok, type DeployerError, type HostCall, type HostFailure, type Result } from '@davit/core';
import { forceStopScript, stopScript } from '../commands/stop.js';
import { commonFault, lastWords, stepFault, withChange } from '../errors.js';
import { isUp, readContainers } from '../host/container.js';
import type { Report } from '../report.js';
import { ask, cameBefore, say, type HostContext } from './context.js';
import { survey } from './survey.js';

type Stopped = Result<{ readonly survivors: readonly string[] }, HostFailure>;

function survivorsOf(context: HostContext, report: Report, services: readonly string[]): Result<readonly string[], DeployerError> {
  const look = report.step('containers');
  if (look === undefined || look.rc !== 0) return err(look === undefined ? failure('stop_failed', `${context.host}: stopping gave no report`, { host: context.host }) : stepFault(context.host, look, 'the look at the containers'));
  return ok(readContainers(look).filter((container) => services.includes(container.service) && !container.oneoff && isUp(container)).map(({ name }) => name));
}

async function end(context: HostContext, services: readonly string[], call: HostCall, kind: 'stop' | 'force'): Promise<Stopped> {
  const { host, settled } = context;
  const found = await survey(context, call);
  if (found.isErr()) return err(withChange(found.error, false));
  const plan = { project: found.value.config.name, services, graceSeconds: settled.graceSeconds };
  const script = kind === 'stop' ? stopScript(settled.place, call.claim, plan) : forceStopScript(settled.place, call.claim, plan);
  say(context, call, `${kind === 'stop' ? 'stopping' : 'killing'} ${services.join(', ')}`);
  const asked = await ask(context, script, { call, claim: call.claim, timeoutMs: settled.timeouts.stopMs, what: 'stopping' });
  if (asked.isErr()) return err(cameBefore(asked.error) ? withChange(asked.error, false) : asked.error);
  const survivors = survivorsOf(context, asked.value, services);
  if (survivors.isErr()) return err(survivors.error);
  if (survivors.value.length === 0) return ok({ survivors: [] });
  // Something still runs: where the engine itself is at fault, that is the news.
  const failed = asked.value.steps.filter(({ name, rc }) => rc !== 0 && ['stop', 'direct', 'kill', 'remove'].includes(name)).at(-1);
  const fault = failed === undefined ? undefined : commonFault(host, failed.err);
  if (fault?.code === 'docker_unavailable') return err({ ...fault, message: `${fault.message}; ${lastWords(failed?.err ?? '')}` });
  return ok({ survivors: survivors.value });
}

export const stop = (context: HostContext, services: readonly string[], call: HostCall): Promise<Stopped> => end(context, services, call, 'stop');
export const forceStop = (context: HostContext, services: readonly string[], call: HostCall): Promise<Stopped> => end(context, services, call, 'force');
