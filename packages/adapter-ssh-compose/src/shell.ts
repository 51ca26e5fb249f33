/**
 * A shell on a host, wherever the host is: over SSH or on this machine. Everything above speaks to this interface.
 * @module
 */
import type { DeployerError, ResultAsync } from '@davit/core';

/** What a script wrote, and how it ended. */
export interface Output {
  /** Exit code of the script itself, from its sentinel. */
  readonly rc: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly signal: AbortSignal;
  /** The host itself ends the script after this long: a client that is gone cannot. Milliseconds. */
  readonly timeoutMs: number;
}

/** A script that stays on the host until it is released, or until this process or its connection is gone. */
export interface Held {
  /** What the script wrote before it settled down. */
  readonly output: Output;
  /** False once the script has ended, for whatever reason. */
  readonly alive: boolean;
  /** Tells the script to let go, and resolves when it has ended. Asked again, it does nothing. */
  release(): Promise<void>;
}

export interface Shell {
  /** Runs a script to its end. Errors: `command_timeout`, `host_connection_lost`, `interrupted`, and those of connecting. */
  run(script: string, options: RunOptions): ResultAsync<Output, DeployerError>;
  /**
   * Runs a script that prints the line {@link held} when it has what it wants and then reads its standard input until
   * that ends. A script that ends without the line is given back as its output: it says why.
   */
  hold(script: string, options: RunOptions): ResultAsync<Held | Output, DeployerError>;
  close(): Promise<void>;
}

/** The line by which a script says that it holds on. */
export const held = '__HELD__';
/** The line by which it is told to let go; the end of its input without it means that the client is gone. */
export const letGo = 'release';

export const isHeld = (answer: Held | Output): answer is Held => 'release' in answer;
