/**
 * The registry with the ways of GitHub's container registry, as observed in 2026. Each of them is a switch of the server with a
 * name of its own; this file is the list of them.
 * @module
 */
import type { FaultEffect } from '../fault.js';
import type { RegistryServerOptions } from '../registry-server.js';
import type { User } from '../auth/access.js';
import type { PackageVisibility } from './github-packages.js';

export interface GhcrBehaviour {
  /** Their passwords are tokens; GHCR looks at nothing else. */
  readonly users: readonly User[];
  /** Who may read, by repository; others are private. */
  readonly visibility?: Readonly<Record<string, PackageVisibility>>;
  /** Owners that are organisations; every other one is a user. */
  readonly organizations?: readonly string[];
}

export function behaveLikeGhcr({ users, visibility = {}, organizations = [] }: GhcrBehaviour): RegistryServerOptions {
  const visibilityOf = (repository: string): PackageVisibility => visibility[repository] ?? 'private';
  return {
    auth: {
      kind: 'token',
      service: 'ghcr.io',
      users,
      anyUsername: true,
      // The same for every repository, and none of them.
      challengeScope: 'repository:user/image:pull',
      // No lifetime stands beside it.
      bareTokens: true,
      // A token for less than was asked for is not given.
      refuseBeyondRights: true,
      anonymousPull: (repository) => visibilityOf(repository) === 'public',
    },
    // It leads to a web page, and that host counts such requests.
    referrersApi: 'redirect',
    delete: false,
    locations: 'relative',
    blobRedirects: true,
    maxChunkBytes: 4 * 1024 * 1024,
    githubPackages: { visibilityOf, organizations },
  };
}

/** GHCR's rate limit: the time to wait stands in the message, in Go's units. */
export function ghcrRateLimit(wait: string): FaultEffect {
  return { status: 429, body: JSON.stringify({ errors: [{ code: 'TOOMANYREQUESTS', message: `retry-after: ${wait}, allowed: 2000/minute` }] }) };
}

/** GitHub's secondary rate limit, which looks like a refusal. */
export function githubSecondaryLimit(retryAfter?: string): FaultEffect {
  return { status: 403, ...(retryAfter === undefined ? {} : { headers: { 'retry-after': retryAfter } }), body: JSON.stringify({ message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.' }) };
}
