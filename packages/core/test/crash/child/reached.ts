/**
 * The place where a process of this test ends itself, or stops itself, named by its environment:
 * `DAVIT_TEST_AT="before restart host-1"` and `DAVIT_TEST_SIGNAL=SIGKILL` or `SIGSTOP`.
 * @module
 */
import { appendFileSync, writeSync } from 'node:fs';
import { okAsync, type PromotionStore, type ResultAsync } from '@davit/core';

const at = process.env['DAVIT_TEST_AT'];
const signal = (process.env['DAVIT_TEST_SIGNAL'] ?? 'SIGKILL') as NodeJS.Signals;
let isLeft = at !== undefined;

/** Called at every place. */
export function reached(when: 'before' | 'after', what: string): void {
  if (!isLeft || at !== `${when} ${what}`) return;
  isLeft = false;
  say({ reached: at });
  process.kill(process.pid, signal);
}

/** Says it at once and whole: what the parent reads has happened. */
export function say(what: object): void {
  writeSync(1, `${JSON.stringify(what)}\n`);
}

/** Has an effect, and writes one line of it: appended in one piece, whoever else appends. */
export function effect<T>(log: string, what: string, act: () => T): T {
  reached('before', what);
  const done = act();
  appendFileSync(log, `${what}\n`);
  reached('after', what);
  return done;
}

/** The store, with a place before and after each record: `append step.passed image.copy`. */
export function withPlaces(store: PromotionStore): PromotionStore {
  return {
    ...store,
    append: (stream, seq, line) => {
      const { type, data } = JSON.parse(line) as { readonly type: string; readonly data: { readonly step?: string } };
      const what = `append ${type}${data.step === undefined ? '' : ` ${data.step}`}`;
      return settled(() => { reached('before', what); })
        .andThen(() => store.append(stream, seq, line))
        .map(() => { reached('after', what); });
    },
  };
}

const settled = (act: () => void): ResultAsync<void, never> => okAsync(undefined).map(act);
