/**
 * Where and as whom to log in.
 * @module
 */
import type { HostKeyOption } from './host-key.js';

/** How to log in. Several ways may be given; they are tried in the order key, agent, password. */
export interface SshLogin {
  /** Path of a private key; `~/` is this machine's home directory. */
  readonly privateKeyFile?: string;
  /** A private key itself, for example from a CI secret. */
  readonly privateKey?: string;
  /** Of the private key. */
  readonly passphrase?: string;
  /** Path of an agent's socket. Default where no key and no password is given: `SSH_AUTH_SOCK`. */
  readonly agent?: string;
  readonly password?: string;
}

export interface SshTarget extends SshLogin {
  /** Name in the journal and in messages. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly hostKey: HostKeyOption;
  /** Milliseconds until the connection has to stand. */
  readonly connectTimeoutMs: number;
}
