/**
 * A process for commands that run inside the test.
 */
import type { OutputStream, StopSignal, Surroundings } from '../src/surroundings.js';

export interface FakeProcess extends Surroundings {
  readonly out: () => string;
  readonly err: () => string;
  /** As Ctrl-C does. */
  stop(signal: StopSignal): void;
  readonly exits: readonly number[];
}

export function fakeProcess(words: readonly string[], options: { readonly environment?: Record<string, string>; readonly directory?: string; readonly isTerminal?: boolean; readonly input?: string } = {}): FakeProcess {
  const written = { out: '', err: '' };
  const listeners = new Set<(signal: StopSignal) => void>();
  const exits: number[] = [];
  const stream = (name: 'out' | 'err'): OutputStream => ({ isTerminal: options.isTerminal ?? false, columns: () => undefined, rows: () => undefined, write: (text) => void (written[name] += text) });
  return {
    arguments: words,
    environment: options.environment ?? {},
    directory: options.directory ?? '/nowhere',
    stdout: stream('out'),
    stderr: stream('err'),
    now: () => Date.now(),
    userName: () => 'somebody',
    input: () => Promise.resolve(options.input ?? ''),
    onStop: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onLoaded: () => undefined,
    exit: (code) => void exits.push(code),
    out: () => written.out,
    err: () => written.err,
    stop: (signal) => {
      for (const listener of listeners) listener(signal);
    },
    exits,
  };
}
