/**
 * A notifier that keeps what it was told.
 * @module
 */
import type { RunError } from '../errors/index.js';
import type { Notice, Notifier } from '../ports/index.js';
import { ok } from '../result.js';
import { createScript, type Scripted } from './script.js';

export interface RecordingNotifier extends Notifier, Scripted<'notify', RunError, { readonly method: 'notify'; readonly notice: Notice }> {
  /** What was delivered, in order; a notice whose delivery failed is in `calls` only. */
  readonly delivered: readonly Notice[];
}

export function recordingNotifier(name = 'recording'): RecordingNotifier {
  const { run, ...scripted } = createScript<'notify', RunError, { readonly method: 'notify'; readonly notice: Notice }>();
  const delivered: Notice[] = [];
  return {
    ...scripted,
    name,
    delivered,
    notify: (notice, { signal }) => run({ method: 'notify', notice }, signal, () => (delivered.push(notice), ok(undefined))),
  };
}
