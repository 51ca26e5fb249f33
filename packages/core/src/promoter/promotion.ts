/**
 * One promotion in a program's hands: its id, its records as they come, and its outcome.
 * @module
 */
import type { DavitError, StoreError } from '../errors/index.js';
import type { JournalRecord } from '../journal/record.js';
import type { Progress } from '../ports/index.js';
import type { Result, ResultAsync } from '../result.js';
import type { PromotionReport } from './report.js';

export interface Promotion {
  readonly id: string;
  /** True: the trigger had begun this promotion before, and this call joined it. */
  readonly joined: boolean;
  /**
   * The records of the journal, from number `from` on (default: the first), and then each new one as it comes, whichever
   * process writes it. Ends with the promotion, or when the signal fires.
   */
  events(options?: { readonly from?: number; readonly signal?: AbortSignal }): AsyncIterable<Result<JournalRecord, StoreError>>;
  /** How far the running step is; in this process only. Returns what ends the listening. */
  onProgress(listener: (step: string, progress: Progress) => void): () => void;
  /** Resolves when this process is done with it: it has ended, waits, or was interrupted. An error is the driver's, not the promotion's. */
  outcome(): ResultAsync<PromotionReport, DavitError>;
}
