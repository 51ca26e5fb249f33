/**
 * The Link header, by which a registry names the next page of a list.
 * @see https://www.rfc-editor.org/rfc/rfc8288#section-3
 * @module
 */
import { err, ok, type Result } from '@davit/core/adapter';

export interface Link {
  readonly target: string;
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

// The characters of an address (RFC 3986, 2).
const bracketedTarget = /<([\w\-.~:/?#[\]@!$&'()*+,;=%]*)>/y;
// What registries put there that do not encode their cursors; it cannot be taken for anything else.
// eslint-disable-next-line no-control-regex -- control characters are exactly what must not come through
const anyTarget = /<([^<>\u0000-\u001f\u007f]*)>/y;
// Some registries leave the brackets out.
const bareTarget = /[\w\-.~:/?#[\]@!$&'()*+=%]+/y;
const name = /[A-Za-z0-9!#$%'+\-.^_`|~]+\*?/y;
const value = /[A-Za-z0-9!#$%&'*+\-.^_`|~:/]+/y;

const longestHeader = 16 * 1024;

/** Reads every link of a header; null where the text does not follow the grammar, or, with `lax`, where more than the characters of an address is wrong. Runs in linear time. */
export function parseLinks(header: string, lax = false): readonly Link[] | null {
  if (header.length > longestHeader) return null;
  const links: Link[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match === null) return null;
    at = pattern.lastIndex;
    return match[0];
  };
  const skipSpace = (): void => {
    while (/[ \t\r\n]/.test(header.charAt(at))) at += 1;
  };
  const quoted = (): string | null => {
    let text = '';
    at += 1;
    for (; at < header.length; at += 1) {
      const char = header.charAt(at);
      if (char === '"') {
        at += 1;
        return text;
      }
      if (char === '\\') at += 1;
      const content = header.charAt(at);
      // eslint-disable-next-line no-control-regex -- control characters are exactly what must not come through
      if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(content)) return null;
      text += content;
    }
    return null;
  };

  while (at < header.length) {
    skipSpace();
    if (header.charAt(at) === ',') {
      at += 1;
      continue;
    }
    if (at >= header.length) break;
    const target = header.charAt(at) === '<' ? (take(lax ? anyTarget : bracketedTarget)?.slice(1, -1) ?? null) : take(bareTarget);
    if (target === null) return null;
    const parameters: Record<string, string> = {};
    for (;;) {
      skipSpace();
      if (at >= header.length || header.charAt(at) === ',') break;
      if (header.charAt(at) !== ';') return null;
      at += 1;
      skipSpace();
      if (at >= header.length || header.charAt(at) === ';' || header.charAt(at) === ',') continue;
      const key = take(name);
      if (key === null) return null;
      skipSpace();
      let content: string | null = '';
      if (header.charAt(at) === '=') {
        at += 1;
        skipSpace();
        content = header.charAt(at) === '"' ? quoted() : take(value);
      }
      if (content === null) return null;
      // The first one counts where a name stands twice (RFC 8288, 3.3).
      if (!Object.hasOwn(parameters, key.toLowerCase())) Object.defineProperty(parameters, key.toLowerCase(), { value: content, enumerable: true });
    }
    links.push({ target, parameters });
  }
  return links;
}

/** Where the next page is, null where there is none; an error, as the end of a sentence, where the header cannot be read, so that nobody knows. */
export function nextPage(header: string | undefined): Result<string | null, string> {
  if (header === undefined) return ok(null);
  const links = parseLinks(header) ?? parseLinks(header, true);
  if (links === null) return err(`the Link header of the list cannot be read, so that pages may be missing: ${JSON.stringify(header.slice(0, 100))}`);
  return ok(links.find(({ parameters }) => (parameters['rel'] ?? '').toLowerCase().split(/\s+/).includes('next'))?.target ?? null);
}
