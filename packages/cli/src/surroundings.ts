/**
 * What a command sees of the process that it runs in. Tests give another one.
 * @module
 */
import { userInfo } from 'node:os';
import { spareOptimising } from './engine.js';

export type StopSignal = 'SIGINT' | 'SIGTERM';

/** Standard output or error. */
export interface OutputStream {
  readonly isTerminal: boolean;
  /** Width of the terminal, asked anew each time; undefined where there is none. */
  columns(): number | undefined;
  rows(): number | undefined;
  /** Whoever reads may have gone: what is written after that is dropped, and nothing is thrown. */
  write(text: string): void;
}

export interface Surroundings {
  /** What follows the command's own name. */
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The working directory. */
  readonly directory: string;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly userName: () => string;
  /** Standard input to its end, as text. */
  readonly input: () => Promise<string>;
  /** Calls back at each SIGINT and SIGTERM, which then do not end the process by themselves. Returns what ends that. */
  readonly onStop: (listener: (signal: StopSignal) => void) => () => void;
  /** Told when all code is loaded and the work begins. */
  readonly onLoaded: () => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
}

/** The real process. */
export function processSurroundings(): Surroundings {
  return {
    arguments: process.argv.slice(2),
    environment: process.env,
    directory: process.cwd(),
    stdout: streamOf(process.stdout),
    stderr: streamOf(process.stderr),
    now: () => Date.now(),
    userName,
    input: async () => (await import('node:stream/consumers')).text(process.stdin),
    onStop: (listener) => {
      process.on('SIGINT', listener);
      process.on('SIGTERM', listener);
      return () => {
        process.off('SIGINT', listener);
        process.off('SIGTERM', listener);
      };
    },
    onLoaded: spareOptimising,
    exit: (code) => process.exit(code),
  };
}

function streamOf(stream: NodeJS.WriteStream): OutputStream {
  let gone = false;
  // A promotion goes on although `| head` has seen enough.
  stream.on('error', () => {
    gone = true;
  });
  return {
    // Node types it as always true; it is absent where there is no terminal.
    isTerminal: (stream.isTTY as boolean | undefined) === true,
    columns: () => stream.columns,
    rows: () => stream.rows,
    write: (text) => {
      if (!gone) stream.write(text);
    },
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // In a container the user often has a number and no name.
    return `uid-${String(process.getuid?.() ?? 'unknown')}`;
  }
}
