/**
 * Redirects, which registries use to send readers to their blob storage.
 * @module
 */
import type { HttpAnswer } from './http.js';

/** Longer chains are loops. */
const mostRedirects = 5;

const redirects = new Set([301, 302, 303, 307, 308]);

export function isRedirect(status: number): boolean {
  return redirects.has(status);
}

/**
 * Sends, and sends again to where a redirect leads, until something else is answered. `within` is the only origin that may be
 * led to: a redirect that leads away from it, or nowhere, is the answer then.
 */
export async function followRedirects(from: URL, send: (url: URL) => Promise<HttpAnswer>, within?: string): Promise<{ readonly answer: HttpAnswer } | { readonly refused: string }> {
  let url = from;
  for (let hop = 0; ; hop += 1) {
    const answer = await send(url);
    if (!isRedirect(answer.status)) return { answer };
    const next = redirectTarget(url, answer.header('location'));
    if (within !== undefined && ('refused' in next || next.url.origin !== within)) return { answer };
    await answer.discard();
    if ('refused' in next) return next;
    if (hop >= mostRedirects) return { refused: `more than ${String(mostRedirects)} redirects` };
    url = next.url;
  }
}

/** Where a redirect leads, or why it is not followed. Never from HTTPS to plain HTTP: what is read would not be safe on the way. */
export function redirectTarget(from: URL, location: string | undefined): { readonly url: URL } | { readonly refused: string } {
  if (location === undefined || !URL.canParse(location, from.href)) return { refused: 'a redirect without an address' };
  const url = new URL(location, from);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return { refused: `a redirect to ${url.protocol} is not followed` };
  if (from.protocol === 'https:' && url.protocol === 'http:') return { refused: `a redirect from HTTPS to plain HTTP (${url.host}) is not followed` };
  return { url };
}
