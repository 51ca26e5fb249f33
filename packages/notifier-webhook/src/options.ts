/**
 * The options of a webhook, checked and completed.
 * @module
 */
import { ConfigurationError } from '@davit/core';
import { isLoopback } from './post.js';

/** Headers that this package writes itself, or that would break the request. */
const ownHeader = /^(?:webhook-.*|content-(?:type|length|encoding)|transfer-encoding|host|connection|user-agent|expect|te|upgrade)$/i;

/** An address that a signed notice may be sent to. Never repeated in a message: all of it may be secret. */
export function receiverUrl(text: string, allowHttp: boolean): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new ConfigurationError('url must be an https: URL', { field: 'url' });
  }
  if (url.protocol === 'http:' && !allowHttp && !isLoopback(url.hostname)) throw new ConfigurationError('url must be an https: URL; `allowHttp: true` permits http: in a network that is trusted', { field: 'url' });
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new ConfigurationError('url must be an https: URL', { field: 'url' });
  return url;
}

export function ownHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const refused = Object.keys(headers).find((name) => ownHeader.test(name));
  if (refused !== undefined) throw new ConfigurationError(`headers may not set ${refused}`, { field: `headers.${refused}` });
  try {
    new Headers(headers);
  } catch {
    throw new ConfigurationError('headers holds a name or value that HTTP does not allow', { field: 'headers' });
  }
  return headers;
}

/** A login in the URL goes where it belongs. */
export function loginHeader(url: URL): { readonly authorization?: string } {
  if (url.username === '' && url.password === '') return {};
  try {
    return { authorization: `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')}` };
  } catch {
    throw new ConfigurationError('the login in url is not written in percent-encoding', { field: 'url' });
  }
}

/** Shorter parts of a URL are words (`hooks`, `services`), not secrets. */
const shortestUrlSecret = 12;
const shortestSecret = 8;
const secretHeader = /(?:^|-)(?:authorization|auth|token|secret|key|api-?key|cookie|signature|password)(?:-|$)/i;

/** Everything that must not appear in a record: the secrets, the whole URL with its parts, and logins in headers. */
export function secretsOf(url: URL, secrets: readonly string[], headers: Readonly<Record<string, string>>): readonly string[] {
  const found = [...secrets.flatMap((secret) => [secret, secret.slice(secret.indexOf('_') + 1)])];
  const parts = [...url.pathname.split('/'), ...url.searchParams.values(), url.password];
  if (url.pathname !== '/' || url.search !== '') found.push(url.href, `${url.pathname}${url.search}`);
  found.push(...parts.filter((part) => part.length >= shortestUrlSecret));
  for (const [name, value] of Object.entries(headers)) if (secretHeader.test(name)) found.push(value, value.replace(/^(?:Basic|Bearer|Token) +/i, ''));
  return [...new Set(found)].filter((secret) => secret.length >= shortestSecret);
}
