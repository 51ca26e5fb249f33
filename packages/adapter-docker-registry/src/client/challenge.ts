/**
 * WWW-Authenticate: which ways of logging in a registry offers. One header may hold several challenges.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 * @module
 */

export interface Challenge {
  /** Lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** Names in lower case. Empty for a challenge that carries a bare token or nothing. */
  readonly parameters: Readonly<Record<string, string>>;
}

const space = (code: number): boolean => code === 0x20 || code === 0x09;
const tokenPattern = /[A-Za-z0-9!#$%&'*+\-.^_`|~]+/y;
// The grammar wants quotes around a slash, but `realm=/` is in use; nothing else can be meant by it.
const bareValuePattern = /[A-Za-z0-9!#$%&'*+\-.^_`|~/]+/y;
const token68Pattern = /[A-Za-z0-9\-._~+/]+=*/y;

/** Header lines never come near this; what does is not a challenge. */
const longestHeader = 16 * 1024;

/** Reads every challenge of a header; null where the text does not follow the grammar. Runs in linear time. */
export function parseChallenges(header: string): readonly Challenge[] | null {
  if (header.length > longestHeader) return null;
  let at = 0;

  const skipSpace = (): void => {
    while (at < header.length && space(header.charCodeAt(at))) at += 1;
  };
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match === null) return null;
    at = pattern.lastIndex;
    return match[0];
  };
  const quoted = (): string | null => {
    let text = '';
    at += 1;
    while (at < header.length) {
      const char = header.charAt(at);
      at += 1;
      if (char === '"') return text;
      const content = char === '\\' ? header.charAt(at) : char;
      if (char === '\\') at += 1;
      // eslint-disable-next-line no-control-regex -- control characters are exactly what must not come through
      if (content === '' || /[\u0000-\u0008\u000a-\u001f\u007f]/.test(content)) return null;
      text += content;
    }
    return null;
  };
  /** `name = value`; null with `at` unmoved where something else stands here. */
  const parameter = (): { readonly name: string; readonly value: string } | null => {
    const start = at;
    const name = take(tokenPattern);
    if (name !== null) {
      skipSpace();
      if (header.charAt(at) === '=') {
        at += 1;
        skipSpace();
        const value = header.charAt(at) === '"' ? quoted() : take(bareValuePattern);
        skipSpace();
        if (value !== null && (at >= header.length || header.charAt(at) === ',')) return { name: name.toLowerCase(), value };
      }
    }
    at = start;
    return null;
  };

  const challenges: { readonly scheme: string; readonly parameters: Record<string, string> }[] = [];
  let current: (typeof challenges)[number] | undefined;
  let listens = false;
  while (at < header.length) {
    skipSpace();
    if (header.charAt(at) === ',') {
      at += 1;
      continue;
    }
    if (at >= header.length) break;
    const found = parameter();
    if (found !== null) {
      if (current === undefined || !listens || Object.hasOwn(current.parameters, found.name)) return null;
      current.parameters[found.name] = found.value;
      continue;
    }
    const scheme = take(tokenPattern);
    if (scheme === null) return null;
    current = { scheme: scheme.toLowerCase(), parameters: Object.create(null) as Record<string, string> };
    challenges.push(current);
    listens = true;
    const before = at;
    skipSpace();
    if (at >= header.length || header.charAt(at) === ',') continue;
    if (at === before) return null;
    const beginning = at;
    const first = parameter();
    if (first !== null) {
      current.parameters[first.name] = first.value;
      continue;
    }
    at = beginning;
    if (take(token68Pattern) === null) return null;
    listens = false;
    skipSpace();
    if (at < header.length && header.charAt(at) !== ',') return null;
  }
  return challenges.map(({ scheme, parameters }) => ({ scheme, parameters: { ...parameters } }));
}

export interface BearerChallenge {
  readonly scheme: 'bearer';
  readonly realm: string;
  readonly service: string | null;
  readonly scopes: readonly string[];
  /** `insufficient_scope`, `invalid_token`. */
  readonly error: string | null;
}

/** The challenge to answer: Bearer where it is offered with a realm, else Basic. Null where neither can be used. */
export function usableChallenge(challenges: readonly Challenge[]): BearerChallenge | { readonly scheme: 'basic' } | null {
  for (const { scheme, parameters } of challenges) {
    const realm = parameters['realm'];
    if (scheme !== 'bearer' || realm === undefined || realm === '') continue;
    const scopes = (parameters['scope'] ?? '').split(' ').filter((scope) => scope !== '');
    return { scheme, realm, service: parameters['service'] ?? null, scopes, error: parameters['error'] ?? null };
  }
  return challenges.some(({ scheme }) => scheme === 'basic') ? { scheme: 'basic' } : null;
}
