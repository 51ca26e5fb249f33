/**
 * A second reading of the grammars of WWW-Authenticate and Link, written as expressions over the pieces between commas: slow,
 * and unlike the parsers it is held against.
 * @module
 */
import fc from 'fast-check';

const token = '[!#$%&\'*+\\-.^_`|~0-9A-Za-z]+';
const quoted = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\u0080-\\uffff]|\\\\[\\t \\x21-\\x7e\\u0080-\\uffff])*"';

/** The pieces of a list; a comma between quotes, or between brackets, does not separate. */
function pieces(header: string, brackets: boolean): string[] {
  const found: string[] = [];
  let piece = '';
  let inside = '';
  for (let at = 0; at < header.length; at += 1) {
    const char = header.charAt(at);
    if (inside === '"' && char === '\\') piece += char + header.charAt((at += 1));
    else if (inside === '' && char === ',') {
      found.push(piece);
      piece = '';
    }
    else {
      if (inside === '' && (char === '"' || (brackets && char === '<'))) inside = char;
      else if ((inside === '"' && char === '"') || (inside === '<' && char === '>')) inside = '';
      piece += char;
    }
  }
  return [...found, piece];
}

const trimmed = (text: string, space: string): string => text.replace(new RegExp(`^[${space}]+|[${space}]+$`, 'g'), '');

/** RFC 9110, 11.6.1. A slash may stand in a value without quotes, too. */
export function isChallengeHeader(header: string): boolean {
  const param = `(${token})[ \\t]*=[ \\t]*(?:${quoted}|[!#$%&'*+\\-.^_\`|~0-9A-Za-z/]+)`;
  let names: Set<string> | null = null;
  for (const piece of pieces(header, false).map((text) => trimmed(text, ' \\t'))) {
    if (piece === '') continue;
    const alone = new RegExp(`^${param}$`).exec(piece);
    const name = (alone ?? new RegExp(`^${token}[ \\t]+${param}$`).exec(piece))?.[1]?.toLowerCase();
    if (alone !== null) {
      if (names === null || name === undefined || names.has(name)) return false;
      names.add(name);
    } else if (name !== undefined) names = new Set([name]);
    else if (new RegExp(`^${token}$`).test(piece)) names = new Set();
    else if (new RegExp(`^${token}[ \\t]+[A-Za-z0-9._~+/-]+=*$`).test(piece)) names = null;
    else return false;
  }
  return true;
}

/** RFC 8288, 3, with the names of RFC 5987 and the values of RFC 5988. An address may stand without brackets, too. */
export function isLinkHeader(header: string): boolean {
  const address = "[\\w.~:/?#[\\]@!$&'()*+=%-]";
  const space = '[ \\t\\r\\n]*';
  const value = `(?:${quoted}|[!#$%&'*+.^_\`|~0-9A-Za-z:/-]+)`;
  const param = `[!#$%'+.^_\`|~0-9A-Za-z-]+\\*?(?:${space}=${space}${value})?`;
  const link = new RegExp(`^(?:<(?:${address}|[,;])*>|${address}+)(?:${space};${space}(?:${param})?)*$`);
  return pieces(header, true)
    .map((text) => trimmed(text, ' \\t\\r\\n'))
    .every((piece) => piece === '' || link.test(piece));
}

/** Short texts that are full of what the grammars are made of. */
export const headerText = fc.oneof(
  fc.string({ unit: fc.constantFrom('Basic', 'realm', 'a', 'B', '9', ' ', ' ', '\t', ',', ',', '=', '=', '"', '"', '\\', '/', '==', '*', '&', 'é', '\n', '\0', ';', '<', '>'), maxLength: 14 }),
  fc.string({ unit: fc.constantFrom('</a', '>', '<', '; ', ';', 'rel', '=', '"next"', '"', '\\', ',', ' ', '*', '&', '/b', 'x', '\r\n ', '{', '%20', '\0', 'é'), maxLength: 14 }),
  fc.string({ unit: 'binary', maxLength: 100 }),
);

/** A good text with something put into it or cut out of it. */
export const damagedHeader = (texts: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(texts, fc.nat(), fc.constantFrom('', '"', ',', '=', ' ', '\\', ';', '<', '>', 'a', '/', '\0'), fc.boolean()).map(([text, where, insert, remove]) => {
    const at = where % (text.length + 1);
    return text.slice(0, at) + insert + text.slice(at + (remove ? 1 : 0));
  });
