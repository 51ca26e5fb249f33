/**
 * What a command sees of the process that it runs in. Tests give another one.
 * @module
 */
import { userInfo } from 'node:os';
import { spareOptimising } from './engine.js';
import { processStream, type OutputStream } from './output/process-stream.js';

export type { OutputStream } from './output/process-stream.js';

export type StopSignal = 'SIGINT' | 'SIGTERM';

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
    stdout: processStream(process.stdout, outputLost),
    // There is nowhere left to say it, and no script reads an answer there.
    stderr: processStream(process.stderr, () => undefined),
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

/** Whoever asked did not get the answer: that must not look like success, whatever else was achieved. */
function outputLost({ message }: Error): void {
  process.stderr.write(`davit: standard output could not be written, and what was to stand there is lost: ${message}\n`);
  process.once('exit', () => {
    process.exitCode ||= 1;
  });
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // In a container the user often has a number and no name.
    return `uid-${String(process.getuid?.() ?? 'unknown')}`;
  }
}
