/**
 * A shell that answers scripts with reports that a test has written, and remembers the scripts.
 * @module
 */
import { err, ok, ResultAsync, type DeployerError } from '@davit/core';
import { manualClock, type ManualClock } from '@davit/core/testing';
import { settle, type ComposeOptions } from '../src/options.js';
import type { Shell } from '../src/shell.js';
import type { HostContext } from '../src/verbs/context.js';

/** Steps by name: output, or exit code and words on standard error. */
export type Answer = Readonly<Record<string, string | { readonly rc: number; readonly err?: string; readonly out?: string }>> & { readonly rc?: never };

export interface Scripted {
  readonly context: HostContext;
  readonly clock: ManualClock;
  readonly scripts: string[];
  readonly secrets: Set<string>;
}

type Reply = { readonly rc?: number; readonly steps: Answer } | DeployerError;

function output({ rc = 0, steps }: { readonly rc?: number; readonly steps: Answer }) {
  const all = Object.entries(steps).map(([name, step]) => ({ name: name.replace(/#\d+$/, ''), ...(typeof step === 'string' ? { rc: 0, out: step, err: '' } : { out: '', err: '', ...step }) }));
  return {
    rc,
    stdout: all.map((step) => `${JSON.stringify({ step: step.name, rc: step.rc, out: Buffer.from(step.out).toString('base64') })}\n`).join(''),
    stderr: all.map((step) => `\n@davit ${step.name}\n${step.err}`).join(''),
  };
}

/** Answers each script with what `reply` makes of it. */
export function scripted(reply: (script: string, n: number) => Reply, options: Partial<ComposeOptions> = {}): Scripted {
  const clock = manualClock({ auto: true });
  const scripts: string[] = [];
  const secrets = new Set<string>();
  const shell: Shell = {
    run: (script, { signal }) => {
      scripts.push(script);
      const answer = reply(script, scripts.length);
      const result = 'steps' in answer ? ok(output(answer)) : err(answer);
      return new ResultAsync(Promise.resolve(signal.aborted ? err({ code: 'interrupted', message: '', retryable: true } as DeployerError) : result));
    },
    hold: () => new ResultAsync(Promise.resolve(ok({ rc: 0, stdout: '', stderr: '' }))),
    close: () => Promise.resolve(),
  };
  const context: HostContext = {
    host: 'host',
    shell,
    settled: settle({ clock, ...options, project: { directory: '/srv/shop', ...options.project } }),
    hold: () => Promise.resolve(undefined),
    keepSecret: (secret) => void secrets.add(secret),
  };
  return { context, clock, scripts, secrets };
}

export const config = (services: Readonly<Record<string, object>>): string => JSON.stringify({ name: 'shop', services });
