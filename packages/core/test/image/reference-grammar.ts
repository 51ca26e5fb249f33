/**
 * The grammar of references a second time, read letter by letter from its description, for comparison with the parser;
 * and generators of references whose parts are known.
 * @module
 */
import fc from 'fast-check';
import { digestOf } from '@davit/core';

const lower = 'abcdefghijklmnopqrstuvwxyz';
const digits = '0123456789';
const has = (alphabet: string, character: string): boolean => character !== '' && alphabet.includes(character);
const all = (alphabet: string, text: string): boolean => Array.from(text).every((character) => has(alphabet, character));

/** Lower-case letters and digits; between them one dot, one or two underscores, or any number of dashes. */
export function isPathComponent(text: string): boolean {
  const alphanumeric = lower + digits;
  let at = 0;
  const take = (alphabet: string): number => {
    const start = at;
    while (has(alphabet, text.charAt(at))) at += 1;
    return at - start;
  };
  if (take(alphanumeric) === 0) return false;
  while (at < text.length) {
    const separator = text.charAt(at);
    const length = take(separator);
    if (!has('._-', separator) || (separator === '.' && length > 1) || (separator === '_' && length > 2)) return false;
    if (take(alphanumeric) === 0) return false;
  }
  return true;
}

export function isHost(text: string): boolean {
  const letters = lower + lower.toUpperCase() + digits;
  const bracket = text.startsWith('[') ? text.indexOf(']') : -1;
  const end = bracket >= 0 ? bracket + 1 : text.includes(':') ? text.indexOf(':') : text.length;
  const [name, port] = [text.slice(0, end), text.slice(end)];
  if (port !== '' && !(port.startsWith(':') && port.length > 1 && all(digits, port.slice(1)) && Number(port.slice(1)) >= 1 && Number(port.slice(1)) <= 65_535)) return false;
  if (bracket >= 0) return name.length > 2 && all('0123456789abcdefABCDEF:', name.slice(1, -1));
  return name.split('.').every((label) => label !== '' && all(`${letters}-`, label) && !label.startsWith('-') && !label.endsWith('-'));
}

export function isTagText(text: string): boolean {
  const first = `${lower}${lower.toUpperCase()}${digits}_`;
  return text.length >= 1 && text.length <= 128 && has(first, text.charAt(0)) && all(`${first}.-`, text.slice(1));
}

export function isDigestText(text: string): boolean {
  const [algorithm, hex, ...rest] = text.split(':');
  return rest.length === 0 && hex !== undefined && ((algorithm === 'sha256' && hex.length === 64) || (algorithm === 'sha512' && hex.length === 128)) && all(`${digits}abcdef`, hex);
}

/** Whether the text is a reference as Docker reads it. */
export function isReferenceText(text: string): boolean {
  if (text.length > 1024 || (text.length === 64 && all(`${digits}abcdef`, text))) return false;
  const [name = '', ...digests] = text.split('@');
  if (digests.length > 1 || (digests[0] !== undefined && !isDigestText(digests[0]))) return false;
  const parts = name.split('/');
  const last = parts.pop() ?? '';
  const [component = '', ...tags] = last.split(':');
  if (tags.length > 1 || (tags[0] !== undefined && !isTagText(tags[0]))) return false;
  const path = [...parts, component];
  const [first = ''] = path;
  const namesHost = path.length > 1 && (/[.:A-Z]/.test(first) || first === 'localhost');
  const components = namesHost ? path.slice(1) : path;
  const docker = !namesHost || first === 'docker.io' || first === 'index.docker.io';
  const repository = docker && components.length === 1 ? ['library', ...components] : components;
  return (!namesHost || isHost(first)) && components.every(isPathComponent) && repository.join('/').length <= 255;
}

const word = (alphabet: string, maxLength: number): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom(...Array.from(alphabet)), minLength: 1, maxLength });
export const componentArbitrary = fc.tuple(word(lower + digits, 8), fc.array(fc.tuple(fc.constantFrom('.', '_', '__', '-', '---'), word(lower + digits, 6)), { maxLength: 3 })).map(([first, rest]) => first + rest.map((part) => part.join('')).join(''));
export const tagArbitrary = fc.tuple(word(`${lower}ABZ${digits}_`, 1), fc.string({ unit: fc.constantFrom(...Array.from(`${lower}ABZ${digits}_.-`)), maxLength: 20 })).map((parts) => parts.join(''));
export const digestArbitrary = fc.tuple(fc.string(), fc.constantFrom('sha256' as const, 'sha512' as const)).map(([text, algorithm]) => digestOf(text, algorithm));
const label = fc.tuple(word(lower + digits, 5), fc.option(word(lower + digits, 4))).map(([a, b]) => (b === null ? a : `${a}-${b}`));
export const hostArbitrary = fc
  .tuple(fc.oneof(fc.constant('localhost'), fc.tuple(label, label).map((labels) => labels.join('.')), fc.ipV4(), fc.ipV6().filter((address) => !address.includes('.')).map((address) => `[${address}]`)), fc.option(fc.integer({ min: 1, max: 65_535 })))
  .map(([name, port]) => (port === null ? name : `${name}:${String(port)}`));

/** A valid reference with a host of its own, and its parts. */
export const partsArbitrary = fc.record({
  registry: hostArbitrary.filter((host) => host !== 'index.docker.io' && host !== 'docker.io'),
  path: fc.array(componentArbitrary, { minLength: 1, maxLength: 4 }).map((components) => components.join('/')),
  tag: fc.option(tagArbitrary, { nil: undefined }),
  digest: fc.option(digestArbitrary, { nil: undefined }),
});
export type Parts = typeof partsArbitrary extends fc.Arbitrary<infer T> ? T : never;

export const written = ({ registry, path, tag, digest }: Parts): string => `${registry}/${path}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;

/** Text in which nearly everything that the grammar cares about happens. */
export const denseText = fc.string({ unit: fc.constantFrom('a', 'b', '0', '9', 'A', '.', '_', '-', '/', ':', '@', '[', ']', ' ', 'localhost', 'docker.io', 'library', 'sha256:', 'é', '\n', '\0'), maxLength: 14 });

/** A text with one letter taken out, put in or exchanged. */
export const damaged = (texts: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(texts, fc.nat(), fc.constantFrom('', 'a', 'A', '0', '.', '..', '_', '-', '/', '//', ':', '@', ' ', 'é', '\n'), fc.boolean()).map(([text, where, insert, remove]) => {
    const at = where % (text.length + 1);
    return text.slice(0, at) + insert + text.slice(at + (remove ? 1 : 0));
  });
