/**
 * What every verb works with: one host, its shell and the settled options; and how it asks.
 * @module
 */
import { err, ok, type Call, type DeployerError, type HostClaim, type Result } from '@davit/core';
import { interrupted, scriptFault, withChange } from '../errors.js';
import { refusal } from '../host/lease.js';
import type { Settled } from '../options.js';
import { readReport, type Report } from '../report.js';
import type { Shell } from '../shell.js';

export interface HostContext {
  readonly host: string;
  readonly shell: Shell;
  readonly settled: Settled;
  /** Takes the lock again where the connection that held it was lost; an error where that cannot be. */
  readonly hold: (claim: HostClaim, signal: AbortSignal) => Promise<DeployerError | undefined>;
  /** Keeps a secret for redaction. */
  readonly keepSecret: (secret: string) => void;
}

export interface Asking {
  readonly call: Call;
  readonly timeoutMs?: number;
  /** What the script does, for messages: `the pull`. */
  readonly what: string;
  /** Set for scripts that change the host. */
  readonly claim?: HostClaim;
  /** Steps whose failure the caller explains himself; a script that ends badly in another way is an error here. */
  readonly explains?: readonly string[];
}

/** Runs a script and reads its report. Refusals by the lock, a missing directory and a missing program are errors here. */
export async function ask(context: HostContext, script: string, { call, timeoutMs, what, claim, explains = [] }: Asking): Promise<Result<Report, DeployerError>> {
  const { host, shell, settled } = context;
  // Before anything ran, so a change that was asked for has not begun.
  if (call.signal.aborted) return err(withChange(interrupted(host), false));
  if (claim !== undefined) {
    const lost = await context.hold(claim, call.signal);
    if (lost !== undefined) return err(lost);
  }
  const output = await shell.run(script, { signal: call.signal, timeoutMs: timeoutMs ?? settled.timeouts.commandMs });
  if (output.isErr()) return err(output.error);
  const report = readReport(output.value);
  const refused = claim === undefined ? undefined : refusal(host, claim, report);
  if (refused !== undefined) return err(refused);
  if (report.rc !== 0 && !explains.some((name) => (report.step(name)?.rc ?? 0) !== 0)) return err(scriptFault(host, report, what));
  return ok(report);
}

/** Whether a failed call can have changed the host: refusals come before the first change. */
export const cameBefore = ({ code }: DeployerError): boolean => ['host_fenced', 'host_locked', 'host_unreachable', 'host_refused', 'host_name_unknown', 'host_auth_failed', 'host_key_unknown', 'host_key_mismatch', 'ssh_key_invalid'].includes(code);

export const say = (context: HostContext, call: Call, what: string): void => call.progress?.({ type: 'host', host: context.host, what });
