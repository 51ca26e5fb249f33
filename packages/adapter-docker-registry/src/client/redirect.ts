/**
 * Redirects, which registries use to send readers to their blob storage.
 * @module
 */

/** Longer chains are loops. */
export const mostRedirects = 5;

const redirects = new Set([301, 302, 303, 307, 308]);

export function isRedirect(status: number): boolean {
  return redirects.has(status);
}

/** Where a redirect leads, or why it is not followed. Never from HTTPS to plain HTTP: what is read would not be safe on the way. */
export function redirectTarget(from: URL, location: string | undefined): { readonly url: URL } | { readonly refused: string } {
  if (location === undefined || !URL.canParse(location, from.href)) return { refused: 'a redirect without an address' };
  const url = new URL(location, from);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { refused: `a redirect to ${url.protocol} is not followed` };
  if (from.protocol === 'https:' && url.protocol === 'http:') return { refused: `a redirect from HTTPS to plain HTTP (${url.host}) is not followed` };
  return { url };
}
