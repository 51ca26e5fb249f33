/**
 * An error as people read it: what happened, what usually causes it, what to do, and the evidence.
 * @module
 */
import type { ErrorReport } from '@davit/core';
import { errorCodes, type DavitError, type ErrorCode } from '@davit/core/adapter';
import { bar, wrap } from './layout.js';
import type { Style } from './style.js';

/** An error as it stands in a JSON document. */
export interface ErrorDocument {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly field?: string;
  readonly path?: string;
  readonly evidence?: string;
}

/** An error, and what to do about it here, where that is not what is usually done. */
export type Told<E> = E & { readonly remedy?: string };

export function errorDocument({ code, message, remedy = errorCodes[code].remedy, field, path, evidence }: Told<DavitError>): ErrorDocument {
  return {
    code,
    message,
    remedy,
    ...(field === undefined ? {} : { field }),
    ...(path === undefined ? {} : { path }),
    ...(evidence === undefined ? {} : { evidence }),
  };
}

const usualColumns = 100;
const leastColumns = 40;

/**
 * Lines of evidence begin with a bar: a log line of somebody else can then not be taken for one of ours, nor by a GitHub
 * runner for a command (`::add-mask::`), which it finds at the beginning of a line.
 */
export function evidenceLines(evidence: string, style: Style): string[] {
  return evidence.replace(/\n+$/, '').split('\n').map((line) => style.dim(bar) + line);
}

type Said = Told<Pick<ErrorReport, 'code' | 'message' | 'evidence'> & Pick<DavitError, 'path' | 'field'>>;

/** What an error says, below a heading that its caller has written. @param columns Default: as where the lines are indented by two. */
export function errorLines({ code, message, remedy, evidence = '', path, field }: Said, style: Style, columns = errorColumns(style, 2)): string[] {
  const entry = Object.hasOwn(errorCodes, code) ? errorCodes[code as ErrorCode] : undefined;
  const label = (name: string, text: string): string[] => wrap(text, columns - 8).map((line, at) => `${style.dim(at === 0 ? name.padEnd(8) : ' '.repeat(8))}${line}`);
  const [first = '', ...rest] = message.split('\n');
  return [
    ...label('error', [`${first} ${style.dim(`[${code}]`)}`, ...rest].join('\n')),
    ...(path === undefined || message.includes(path) ? [] : label('file', path)),
    ...(field === undefined || message.includes(field) ? [] : label('field', field)),
    // What is wrong with the arguments of a command, its message says itself.
    ...(entry === undefined || code === 'usage_invalid' ? [] : [...label('cause', `Usually: ${entry.cause}`), ...label('remedy', remedy ?? entry.remedy)]),
    ...(evidence === '' ? [] : evidenceLines(evidence, style)),
  ];
}

/** How wide the lines of an error may be that are indented by so many columns: as wide as the terminal. */
export function errorColumns({ columns }: Style, indent: number): number {
  return columns === undefined ? usualColumns : Math.max(leastColumns, columns) - indent;
}

/** A command that could not do its work. */
export function failureLines(error: Said, style: Style): string[] {
  const [first = '', ...rest] = errorLines(error, style);
  return [`${style.red(style.marks.failed)} ${first}`, ...rest.map((line) => `  ${line}`)];
}
