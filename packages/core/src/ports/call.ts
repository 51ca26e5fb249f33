/**
 * What goes with every call of a port.
 * @module
 */
import type { Progress } from './progress.js';

/** Always the last parameter. A port stops within a second of `signal` and answers with the code `interrupted`. */
export interface Call {
  readonly signal: AbortSignal;
  /** Says how far the work is. In process only, never stored; a port may call it as often as it likes. */
  readonly progress?: (progress: Progress) => void;
}

/** An adapter that keeps connections, processes or files open. Called once, when the promoter is done with it. */
export interface Closable {
  close(): Promise<void>;
}

/**
 * An adapter that knows secrets. Whatever it names here is replaced, in its usual encodings too, in everything that goes
 * to a journal, a notification or an error. Asked at every record, so short-lived tokens are covered.
 */
export interface HoldsSecrets {
  secrets(): readonly string[];
}
