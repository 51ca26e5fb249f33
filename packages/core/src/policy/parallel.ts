/**
 * Work on many things, a few at a time.
 * @module
 */
import { setMaxListeners } from 'node:events';
import { failure, type DavitError } from '../errors/index.js';
import type { Call } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';

/**
 * Performs `work` for every item, at most `limit` at a time, and gives the answers in the items' order. The first error
 * stops the others through their signal; they are waited for, so nothing runs on after the answer, and what they say then
 * is dropped.
 */
export function inParallel<I, T, E>(items: readonly I[], limit: number, call: Call, work: (item: I, call: Call) => PromiseLike<Result<T, E>>): ResultAsync<readonly T[], E | DavitError<'interrupted'>> {
  return new ResultAsync(perform(items, limit, call, work));
}

async function perform<I, T, E>(items: readonly I[], limit: number, call: Call, work: (item: I, call: Call) => PromiseLike<Result<T, E>>): Promise<Result<readonly T[], E | DavitError<'interrupted'>>> {
  const own = new AbortController();
  // As many listen as work at once, and more where each does several things: no leak, whatever Node thinks of eleven.
  setMaxListeners(0, own.signal);
  const stop = (): void => { own.abort(call.signal.reason); };
  if (call.signal.aborted) stop();
  call.signal.addEventListener('abort', stop, { once: true });
  const inner: Call = { ...call, signal: own.signal };
  const answers: T[] = [];
  let next = 0;
  let first: { readonly error: E | DavitError<'interrupted'> } | { readonly thrown: unknown } | undefined;
  const lane = async (): Promise<void> => {
    while (first === undefined && next < items.length) {
      const at = next;
      next += 1;
      try {
        const result = own.signal.aborted ? err(failure('interrupted', 'interrupted before everything was done')) : await work(items[at] as I, inner);
        if (result.isOk()) answers[at] = result.value;
        else first ??= { error: result.error };
      } catch (thrown) {
        first ??= { thrown };
      }
      if (first !== undefined) own.abort();
    }
  };
  await Promise.all(Array.from({ length: Math.min(Math.max(limit, 1), items.length) }, lane));
  call.signal.removeEventListener('abort', stop);
  if (first === undefined) return ok(answers);
  // A bug in the work stays an exception.
  if ('thrown' in first) throw first.thrown;
  return err(first.error);
}
