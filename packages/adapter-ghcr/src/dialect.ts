/**
 * Where GHCR differs from the distribution specification, as observed in 2026. Each difference has a test by its name.
 * @module
 */
import { goDurationMs, type Dialect, type Reading } from '@davit/adapter-docker-registry/client';

/** What GitHub asks for where it names no time of its own. */
const secondaryLimitMs = 60_000;

export const ghcrDialect: Dialect = {
  // Its challenge names the placeholder `repository:user/image:pull`, whatever was asked for.
  challengeScopes: 'ignore',
  // It answers 404, or leads to github.com; clients keep the list under the fallback tag.
  referrersApi: false,
  maxChunkBytes: 4 * 1024 * 1024,
  readRefusal: (_, { status, words, header, by }): Reading | undefined => {
    // The API counts requests in an hour and says when the next one begins, by its own clock.
    if ((status === 403 || status === 429) && header('x-ratelimit-remaining') === '0') {
      const waitMs = Number(header('x-ratelimit-reset')) * 1000 - Date.parse(header('date') ?? '');
      return { code: 'registry_rate_limited', retryable: true, ...(header('retry-after') === undefined && Number.isFinite(waitMs) ? { retryAfterMs: Math.max(0, waitMs) } : {}) };
    }
    if (status === 429) {
      // "retry-after: 10.3ms, allowed: 2000/minute": the time stands in the message, in Go's units.
      const waitMs = goDurationMs(/retry-after:\s*([0-9.a-zµμ]+)/i.exec(words.text)?.[1] ?? '');
      return waitMs === undefined ? undefined : { retryAfterMs: waitMs };
    }
    // "You have exceeded a secondary rate limit": a limit, although it looks like a refusal. The answer to a HEAD has no words, but
    // nobody asks for patience who means no.
    if (status === 403 && (header('retry-after') !== undefined || /secondary rate limit|abuse detection/i.test(words.text))) {
      return { code: 'registry_rate_limited', retryable: true, ...(header('retry-after') === undefined ? { retryAfterMs: secondaryLimitMs } : {}) };
    }
    if (status === 403 && by === 'API') return { code: 'registry_denied', hint: 'the token may lack read:packages or delete:packages, or the right to the package' };
    if (status === 403) return { code: 'registry_denied', hint: 'the token may lack read:packages or write:packages, or the package does not let this repository\'s workflows in' };
    return undefined;
  },
};
