/**
 * What the value of an option must be, as small rules that are put together: `rule.optional(rule.list(rule.text))`.
 *
 * Options come from JavaScript and from configuration files that no compiler reads. What is wrong would otherwise be found in
 * the middle of a promotion, or be without effect.
 * @module
 */
import { kindOf } from './kind-of.js';

/** What is wrong with an option, and with which. */
export interface OptionFault {
  /** Its path; empty where all of the options are wrong. */
  readonly field: string;
  readonly message: string;
}

/** Judges a value; undefined: nothing is wrong. `field` is the option's path. */
export type OptionRule = (value: unknown, field: string) => OptionFault | undefined;

/** A rule for each option that there is: the compiler keeps it complete. */
export type OptionRules<Options> = { readonly [Name in keyof Options]-?: OptionRule };

const inside = (field: string, name: string): string => (field === '' ? name : `${field}.${name}`);

/** The first option that there is not. */
export function unknownOption(options: object, field: string, known: readonly string[]): OptionFault | undefined {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return undefined;
  const where = field === '' ? `there is no option ${JSON.stringify(unknown)}; there ${known.length === 1 ? 'is' : 'are'}` : `${field} has no option ${JSON.stringify(unknown)}; it has`;
  return { field: inside(field, unknown), message: `${where} ${known.join(', ')}` };
}

/** The first thing that is wrong with options: they are no object, one is unknown, or one breaks its rule. */
export function optionsFault<Options>(given: unknown, field: string, rules: OptionRules<Options>, wanted = 'an object'): OptionFault | undefined {
  if (!isFields(given)) return refused(given, field, wanted);
  const unknown = unknownOption(given, field, Object.keys(rules));
  if (unknown !== undefined) return unknown;
  for (const [name, judge] of Object.entries<OptionRule>(rules)) {
    const fault = judge(given[name], inside(field, name));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

const refused = (value: unknown, field: string, wanted: string, shown = kindOf(value)): OptionFault => ({ field, message: `${field === '' ? 'what is given' : field} is ${shown}; it must be ${wanted}` });

/** A rule of one's own. `wanted` ends the sentence `x is a string; it must be …`. What was given is not repeated, since it may be a secret in the wrong place. */
export const must = (wanted: string, holds: (value: unknown) => boolean): OptionRule => (value, field) => (holds(value) ? undefined : refused(value, field, wanted));

/** As {@link must}, for numbers, which are repeated. */
export const number = (wanted: string, holds: (value: number) => boolean): OptionRule => (value, field) =>
  typeof value === 'number' && holds(value) ? undefined : refused(value, field, wanted, typeof value === 'number' ? String(value) : kindOf(value));

/** May be left out. */
export const optional = (judge: OptionRule): OptionRule => (value, field) => (value === undefined ? undefined : judge(value, field));

/** Judged elsewhere. */
export const anything: OptionRule = () => undefined;

/** Judged by a function that throws: `rule.by(requirePort, 'Clock')`. */
export const by = <Name extends string>(check: (name: Name, value: unknown, field: string) => void, name: Name): OptionRule => (value, field) => {
  check(name, value, field);
  return undefined;
};

export const flag: OptionRule = must('true or false', (value) => typeof value === 'boolean');

/** A text that may be empty: the value of a header, a password. */
export const anyText: OptionRule = must('a text', (value) => typeof value === 'string');

export const texts = (wanted: string): OptionRule => must(wanted, (value) => typeof value === 'string' && value.trim() !== '');

export const text: OptionRule = texts('a text that is not empty');

/** A number of milliseconds that is not endless. */
export const milliseconds = (least: 0 | 1 = 1): OptionRule =>
  number(least === 0 ? 'a number of milliseconds, at least 0' : 'a number of milliseconds above 0', (value) => Number.isFinite(value) && (least === 0 ? value >= 0 : value > 0));

export const whole = (least: number, most = Number.MAX_SAFE_INTEGER): OptionRule =>
  number(most === Number.MAX_SAFE_INTEGER ? `a whole number of at least ${String(least)}` : `a whole number from ${String(least)} to ${String(most)}`, (value) => Number.isSafeInteger(value) && value >= least && value <= most);

/** One of a few words. What was given is repeated: it is a word, too. */
export const oneOf = (words: readonly string[]): OptionRule => (value, field) =>
  words.some((word) => word === value) ? undefined : refused(value, field, `one of ${words.join(', ')}`, typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : kindOf(value));

export const list = (item: OptionRule, wanted = 'a list'): OptionRule => (value, field) => {
  if (!Array.isArray(value)) return refused(value, field, wanted);
  // Not forEach, which passes over the holes of a list.
  for (const [at, each] of value.entries()) {
    const fault = item(each, `${field}[${String(at)}]`);
    if (fault !== undefined) return fault;
  }
  return undefined;
};

/** As {@link list}; an empty one is refused, too. */
export const filledList = (item: OptionRule, wanted: string): OptionRule => (value, field) => (Array.isArray(value) && value.length === 0 ? refused(value, field, wanted, 'empty') : list(item, wanted)(value, field));

/** Values by names that are the caller's own. */
export const record = (item: OptionRule, wanted: string): OptionRule => (value, field) => {
  if (!isFields(value)) return refused(value, field, wanted);
  for (const [name, each] of Object.entries(value)) {
    const fault = item(each, inside(field, name));
    if (fault !== undefined) return fault;
  }
  return undefined;
};

/** As {@link record}; an empty one is refused, too. */
export const filledRecord = (item: OptionRule, wanted: string): OptionRule => (value, field) => (isFields(value) && Object.keys(value).length === 0 ? refused(value, field, wanted, 'empty') : record(item, wanted)(value, field));

/** Options within options. */
export const options = <Options>(rules: OptionRules<Options>, wanted?: string): OptionRule => (value, field) => optionsFault(value, field, rules, wanted);

/** `{ off: 'why' }`, or what `judge` takes. `wanted` says what that is, and that it may be off. */
export const offOr = (judge: OptionRule, wanted: string): OptionRule => (value, field) => {
  if (typeof value !== 'object' || value === null) return refused(value, field, wanted);
  // An adapter that sends events has a method of that name.
  return 'off' in value && typeof value.off !== 'function' ? options<{ off: string }>({ off: texts('a text that says why') })(value, field) : judge(value, field);
};
