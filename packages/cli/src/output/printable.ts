/**
 * Text of others (log lines, registries' words, names) may hold secrets, and control characters that move a terminal's
 * cursor, hide lines or set its title. Everything foreign passes here before it is printed.
 * @module
 */
import { redactor, type Json } from '@davit/core/adapter';

// Escape sequences first and whole, so that nothing of them is left behind as text.
// eslint-disable-next-line no-control-regex
const sequences = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[PX^_][^\u001b]*(?:\u001b\\)?|[ -/]*[0-~])/g;
// Other control characters, and those that turn the direction of what follows.
// eslint-disable-next-line no-control-regex
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** The text without anything that a terminal would obey; line ends and tabs stay. */
export function printable(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(sequences, '').replace(controls, '');
}

// Names have neither lines nor columns.
const controlsInNames = new RegExp(`[\\t\\n]|${controls.source}`, 'g');

/**
 * A name of others, such as that of a label. What a terminal would obey is written out (`\u001b`) instead of left out:
 * two names stay two, so that one cannot take the place of the other.
 */
export function printableName(name: string): string {
  return name.replace(controlsInNames, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * What is printed as one line. Texts of others are put into lines of ours, and may hold a line end: written out, it begins no
 * line that could be taken for ours.
 */
export function oneLine(text: string): string {
  return text.replaceAll('\n', '\\n');
}

/** Takes secrets and control characters out of a value and everything in it. */
export type Clean = <T>(value: T) => T;

/** @param secrets Asked at each value, so that short-lived tokens are covered. */
export function cleaner(secrets: () => Iterable<string>): Clean {
  return (value) => {
    const redact = redactor(secrets());
    // Twice: a secret may hold control characters, and what looks like one may be hidden by those around it.
    return redact(walk(redact(value as Json)) as Json) as typeof value;
  };
}

function walk(value: unknown): unknown {
  if (typeof value === 'string') return printable(value);
  if (Array.isArray(value)) return value.map(walk);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [printableName(key), walk(inner)]));
  return value;
}
