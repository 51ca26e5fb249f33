/**
 * What both kinds of shell share: how an ended command becomes a result, and how a held one is watched.
 * @module
 */
import { err, failure, ok, type DeployerError, type Result } from '@davit/core';
import { readOutput, timedOut } from './boot.js';
import { held, type Output } from './shell.js';

/** How a command ended, as the transport saw it. */
export interface Ended {
  /** Null where it was ended by a signal, or where the transport broke. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The sentinel decides: where it is missing, nobody knows what the command did. */
export function resultOf(host: string, { code, stdout, stderr }: Ended, timeoutMs: number | null): Result<Output, DeployerError> {
  const read = readOutput(stdout);
  if (read !== null) return ok({ ...read, stderr });
  if (timeoutMs !== null && timedOut(code)) {
    return err(failure('command_timeout', `${host}: a command took longer than ${String(Math.ceil(timeoutMs / 1000))} s and was ended there`, { host, retryable: true, ...(code === null ? {} : { exitCode: code }) }));
  }
  if (code === 127) return err(failure('command_failed', `${host}: a program is missing: ${stderr.trim().split('\n').at(-1) ?? ''}`, { host, exitCode: code }));
  return err(failure('host_connection_lost', `${host}: the connection was lost before the command said how it ended`, { host, retryable: true, ...(code === null ? {} : { exitCode: code }) }));
}

/** What was printed before the line that says `held`; null while it has not come. */
export function heldOutput(stdout: string, stderr: string): Output | null {
  const at = `\n${stdout}`.indexOf(`\n${held}\n`);
  return at < 0 ? null : { rc: 0, stdout: stdout.slice(0, at), stderr };
}

/** Collects text in chunks without breaking characters apart. */
export class Collector {
  readonly #chunks: Buffer[] = [];

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}
