/**
 * The options of `sshCompose()`, and what they must be.
 * @module
 */
import { rule, type OptionRule, type OptionRules } from '@davit/core';
import { composeRules, projectRules, type ComposeOptions, type ComposeProject } from './options.js';
import type { HostKeyOption } from './ssh/host-key.js';
import type { SshLogin } from './ssh/target.js';

/** How to reach a host and log in there. */
export interface SshOptions extends SshLogin {
  /** Default: the user of this process. */
  readonly user?: string;
  /** Default: 22. */
  readonly port?: number;
  /** What the host's key is compared with. Default: `~/.ssh/known_hosts` and `/etc/ssh/ssh_known_hosts`. It is always compared. */
  readonly hostKey?: HostKeyOption;
  /** Until a connection has to stand. Milliseconds; default: 20 000. */
  readonly connectTimeoutMs?: number;
}

export interface SshHost extends SshOptions {
  /** Name or address of the host. */
  readonly address: string;
  /** Its name in journals and messages. Default: the address. */
  readonly name?: string;
  /** Where this host's project differs from the others'. */
  readonly project?: Partial<ComposeProject>;
}

export interface SshComposeOptions extends ComposeOptions {
  /** The hosts in the order they are deployed to; `user@address:port` for short. */
  readonly hosts: readonly (string | SshHost)[];
  /** What is the same for all hosts. */
  readonly ssh?: SshOptions;
}

const { anyText, filledList, milliseconds, must, optional, options, text, whole } = rule;

const oneOrSeveral = optional(must('a text, or a list of texts', (value) => [value].flat().every((each) => typeof each === 'string')));

const sshRules: OptionRules<SshOptions> = {
  user: optional(text),
  port: optional(whole(1, 65_535)),
  // At least one of both: said where both sides are put together.
  hostKey: optional(options<{ fingerprint: unknown; knownHosts: unknown }>({ fingerprint: oneOrSeveral, knownHosts: oneOrSeveral }, '{ fingerprint: \'SHA256:…\' } or { knownHosts: \'/path\' }')),
  connectTimeoutMs: optional(milliseconds()),
  privateKeyFile: optional(text),
  privateKey: optional(text),
  passphrase: optional(anyText),
  agent: optional(text),
  password: optional(anyText),
};

const hostRules: OptionRules<SshHost> = {
  ...sshRules,
  address: text,
  name: optional(text),
  project: optional(options<SshHost['project']>({ ...projectRules, directory: optional(projectRules.directory) })),
};

const host: OptionRule = (value, field) => (typeof value === 'string' ? undefined : options(hostRules, '\'user@address:port\', or an object: { address: \'…\' }')(value, field));

export const sshComposeRules: OptionRules<SshComposeOptions> = {
  ...composeRules,
  hosts: filledList(host, 'a list of hosts, at least one: [\'user@address:port\']'),
  ssh: optional(options(sshRules)),
};
