/**
 * The options of `ghcr()`: what they mean, and what is wrong with them.
 * @module
 */
import { checkOptions as check, rule, type Clock, type OptionRules } from '@davit/core/adapter';
import { clientRules, loginRules, type ConnectionOptions } from '@davit/adapter-docker-registry/client';

export interface GhcrOptions extends Pick<ConnectionOptions, 'ca' | 'clientCertificate' | 'hosts' | 'proxy'> {
  /**
   * A workflow's `GITHUB_TOKEN`, a classic personal token with `read:packages` or `write:packages`, or a function that gives
   * one, asked whenever a login is needed. Fine-grained tokens (`github_pat_…`) are not known to GHCR. False: none is looked
   * for, and public packages are read anonymously.
   * Default: what `environmentPrefix` finds, else `GITHUB_TOKEN` or `GH_TOKEN` of the environment, else Docker's login for
   * ghcr.io, else none.
   */
  readonly token?: string | (() => string | Promise<string>) | false;
  /** Who the token belongs to; GHCR takes any name. Default: `GITHUB_ACTOR` of the environment. */
  readonly username?: string;
  /**
   * Where the variables of a login begin, as `dockerRegistry()` reads them: `<prefix>` names `ghcr.io` or a path in it
   * (`ghcr.io/acme`), `<prefix>_USERNAME` and `<prefix>_PASSWORD`, or `<prefix>_TOKEN`, or `<prefix>_IDENTITY_TOKEN` is what to
   * log in with there. Default: false, none are read.
   */
  readonly environmentPrefix?: string | false;
  /** Directory of Docker's `config.json`; false: read neither it nor `DOCKER_AUTH_CONFIG`, which goes before it. Default: `DOCKER_CONFIG`, else `~/.docker`. */
  readonly dockerConfig?: string | false;
  /** Where ghcr.io is spoken to. For tests and mirrors. Default: `https://ghcr.io`. */
  readonly baseUrl?: string;
  /** GitHub's API, for `visibility` and `deleteVersion`. Default: `https://api.github.com`. */
  readonly apiUrl?: string;
  /** Where the default login and proxies are looked for. Default: `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Longest silence in milliseconds: until an answer begins, and between two pieces of a body. Default: 60 000. */
  readonly requestTimeoutMs?: number;
  /** How often one request is made in all, and how long to wait in between; what GitHub asks for wins, up to `maxRetryAfterMs`, and holds back everything else that goes there. Default: 5 attempts, 250 ms doubling, at most 30 s; what GitHub asks for up to 60 s. */
  readonly retry?: { readonly attempts?: number; readonly minDelayMs?: number; readonly maxDelayMs?: number; readonly maxRetryAfterMs?: number };
  /** Connections to one address for reading, and as many for writing. Default: 10. */
  readonly connections?: number;
  /** For tests. Default: the system's. */
  readonly clock?: Clock;
}

const { insecure: _insecure, plainHttp: _plainHttp, tokenServices: _tokenServices, ...common } = clientRules;
const { must, optional, text } = rule;

const isHttp = (value: unknown): value is string => typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);

const rules: OptionRules<GhcrOptions> = {
  ...common,
  ...loginRules,
  token: optional(must('a text that is not empty, a function, or false', (value) => value === false || typeof value === 'function' || (typeof value === 'string' && value !== ''))),
  username: optional(text),
  baseUrl: optional(must('an HTTP address without a path', (value) => isHttp(value) && new URL(value).pathname === '/')),
  apiUrl: optional(must('an HTTP address', isHttp)),
};

/** Throws a `ConfigurationError` that names what is wrong, and what it may be. */
export function checkOptions(options: GhcrOptions): void {
  check<GhcrOptions>(options, rules, { of: 'ghcr' });
}
