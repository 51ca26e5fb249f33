/**
 * Ends a command that could not do its work: the error on standard error, the document where one is asked for, the exit
 * code for the shell.
 * @module
 */
import { causeOf, failure, type DavitError } from '@davit/core/adapter';
import type { CommandContext } from './command-context.js';
import { exitCodeOfError, exitCodeOfSignal } from './exit-code.js';
import { errorDocument, failureLines, type Told } from './output/error-text.js';
import { cleaner, type Clean } from './output/printable.js';
import type { StopSignal } from './surroundings.js';

export interface FailOptions {
  /** Takes secrets out. Default: what looks like a secret. */
  readonly clean?: Clean;
  /** Where the store is, for errors about what is or is not in it. */
  readonly place?: string;
  /** Nothing was begun yet: a reference that names nothing is then wrong use (R1). */
  readonly beginning?: boolean;
  /** The signal that the command was stopped with, where one was. */
  readonly signal?: StopSignal | undefined;
}

/** Gives the exit code. */
export function fail({ output }: Pick<CommandContext, 'output'>, error: Told<DavitError>, options: FailOptions = {}): number {
  const { clean = cleaner(() => []), beginning = false, signal } = options;
  const inStore = error.code === 'promotion_unknown' && options.place !== undefined ? { ...error, message: `${error.message} (${options.place})` } : error;
  const cleaned = clean(inStore);
  const exitCode = signal !== undefined && error.code === 'interrupted' ? exitCodeOfSignal(signal) : exitCodeOfError(error.code, { beginning });
  output.complain((style) => failureLines(cleaned, style));
  output.document({ error: errorDocument(cleaned), exitCode });
  return exitCode;
}

/** A fault of Davit or of an adapter: whoever reports it needs to say where it was. */
export function faultOf(thrown: unknown): DavitError {
  const stack = thrown instanceof Error ? thrown.stack : undefined;
  return failure('adapter_fault', `Davit or an adapter failed in a way that it should not: ${causeOf(thrown).message}`, stack === undefined ? {} : { evidence: stack });
}
