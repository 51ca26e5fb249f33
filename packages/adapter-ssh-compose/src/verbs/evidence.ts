/**
 * What a person wants to see of a container that failed: its state, the last word of its health check, its last lines.
 * @module
 */
import type { Call } from '@davit/core';
import { logsScript } from '../commands/up.js';
import type { Container } from '../host/container.js';
import { ask, type HostContext } from './context.js';

const logLines = 50;

function stateOf({ name, restarts, state }: Container): string {
  const facts = [state.Status, `exit code ${String(state.ExitCode)}`, ...(restarts > 0 ? [`${String(restarts)} restarts`] : []), ...(state.OOMKilled ? ['out of memory'] : []), ...(state.Health == null ? [] : [`health ${state.Health.Status}`])];
  const probe = state.Health?.Log?.at(-1);
  return [`${name}: ${facts.join(', ')}`, ...(state.Error === undefined || state.Error === '' ? [] : [state.Error]), ...(probe === undefined ? [] : [`last health check: exit code ${String(probe.ExitCode ?? '')}: ${(probe.Output ?? '').trim()}`])].join('\n');
}

/** Text about these containers; what cannot be had is left out. */
export async function gatherEvidence(context: HostContext, containers: readonly Container[], call: Call): Promise<string> {
  const few = containers.slice(0, 3);
  if (few.length === 0) return '';
  const report = await ask(context, logsScript(context.settled.place, few.map(({ id }) => id), logLines), { call, what: 'reading the logs' });
  return few
    .map((container) => {
      const lines = report.isOk() ? (report.value.step(`logs:${container.id}`)?.out ?? '') : '';
      return `${stateOf(container)}\n${lines}`.trim();
    })
    .join('\n\n');
}
