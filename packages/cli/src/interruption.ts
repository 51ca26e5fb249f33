/**
 * SIGINT and SIGTERM of a command that can be interrupted.
 * @module
 */
import { exitCodeOfSignal } from './exit-code.js';
import type { StopSignal, Surroundings } from './surroundings.js';

export interface Interruption {
  readonly signal: AbortSignal;
  /** Which signal came, once one did. */
  received(): StopSignal | undefined;
  /** Where the answer to it is shown from now on. */
  answerTo(say: (line: string) => void): void;
  /** Gives the signals back to Node. */
  end(): void;
}

/** The first signal asks for a stop, the second one ends the process at once. `keeps`: where it stands is written down. */
export function interruption({ onStop, exit }: Pick<Surroundings, 'onStop' | 'exit'>, answer: (line: string) => void, { keeps = true }: { readonly keeps?: boolean } = {}): Interruption {
  const controller = new AbortController();
  let first: StopSignal | undefined;
  let say = answer;
  const end = onStop((signal) => {
    if (first !== undefined) {
      exit(exitCodeOfSignal(signal));
      return;
    }
    first = signal;
    say(`${signal === 'SIGINT' ? 'Ctrl-C' : signal}: stopping${keeps ? ', and writing down where it stands' : ''}. Once more ends this process at once.`);
    controller.abort();
  });
  return {
    signal: controller.signal,
    received: () => first,
    answerTo: (next) => {
      say = next;
    },
    end,
  };
}
