/**
 * Reads the `file:` steps of a report.
 * @module
 */
import type { Report } from '../report.js';

export type HostFile =
  | { readonly kind: 'file'; readonly bytes: Buffer }
  | { readonly kind: 'absent' }
  | { readonly kind: 'link' }
  | { readonly kind: 'unreadable'; readonly why: string };

/** What a step `file:NAME` found. */
export function readFile(report: Report, name: string): HostFile {
  const step = report.step(`file:${name}`);
  if (step === undefined) return { kind: 'unreadable', why: 'it was not looked at' };
  if (step.rc === 44) return { kind: 'absent' };
  if (step.rc === 45) return { kind: 'link' };
  if (step.rc !== 0) return { kind: 'unreadable', why: step.err };
  return { kind: 'file', bytes: Buffer.from(step.out, 'base64') };
}

/** The file's bytes; null where it does not exist or cannot be read. */
export const bytesOf = (file: HostFile): Buffer | null => (file.kind === 'file' ? file.bytes : null);
