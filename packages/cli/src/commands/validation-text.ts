/**
 * A validation as people read it.
 * @module
 */
import { formatReference, type CheckReport, type Reference, type ValidationLevel } from '@davit/core/images';
import { errorColumns, errorLines } from '../output/error-text.js';
import { bytes, count } from '../output/quantities.js';
import type { Style } from '../output/style.js';
import { runAgain } from './run-again.js';
import type { Validation } from './validation.js';

/** The switch that a validation without a verifier needs (G12). */
export const signatureSwitch = 'this command has no signature verifier: say --signature off to validate without one';

export function validationLines(reference: Reference, { outcome, digest, level, checks, error }: Validation, style: Style): string[] {
  const { marks } = style;
  const head = { valid: style.green(marks.passed), invalid: style.red(marks.failed), indeterminate: style.yellow(marks.warning) }[outcome];
  return [`${head} ${style.bold(outcome)}  ${formatReference(reference)}`, ...(digest === null ? [] : [`  ${style.dim(digest)}`]), ...(error === undefined ? [] : errorLines(runAgain(error), style).map((line) => `  ${line}`)), ...checks.flatMap((check) => checkLines(check, level, style))];
}

function checkLines(report: CheckReport, level: ValidationLevel, style: Style): string[] {
  const { check, findings, error, looked } = report;
  const { marks } = style;
  const failed = findings.some(({ severity }) => severity === 'error');
  // A warning is no pass: what was not looked at must not look as if it had been.
  const mark = failed ? style.red(marks.failed) : error !== undefined || findings.length > 0 || looked !== undefined ? style.yellow(marks.warning) : style.green(marks.passed);
  const at = [lookedAt(report, level, failed), looked === undefined ? '' : unseen[looked]].filter((text) => text !== '').join('; ');
  const missing = error?.code === 'signature_policy_missing';
  return [
    `  ${mark} ${at === '' ? check : `${check.padEnd(9)}  ${style.dim(at)}`}`,
    ...findings.map(({ severity, message, code }) => `      ${severity === 'error' ? message : `warning: ${message}`} ${style.dim(`[${code}]`)}`),
    ...(error === undefined ? [] : missing ? [`      ${signatureSwitch} ${style.dim(`[${error.code}]`)}`] : errorLines(runAgain(error), style, errorColumns(style, 6)).map((line) => `      ${line}`)),
  ];
}

const depths: Readonly<Record<ValidationLevel, string>> = { manifest: 'not looked for', head: 'each asked for its size', content: 'every layer read' };

const unseen: Readonly<Record<NonNullable<CheckReport['looked']>, string>> = { nothing: 'there was nothing that it could look at', part: 'not all of it could be looked at' };

/** What a check looked at, in a few words. Where something is wrong, how deep it looked is not said: it may have ended there. */
function lookedAt({ check, facts = {}, looked }: CheckReport, level: ValidationLevel, failed: boolean): string {
  if (looked === 'nothing') return '';
  if (check === 'size') {
    const { limit, platforms } = facts as { readonly limit?: number; readonly platforms?: readonly { readonly platform: string; readonly bytes: number }[] };
    return limit === undefined || platforms === undefined || platforms.length === 0 ? '' : `${platforms.map((each) => `${each.platform} ${bytes(each.bytes)}`).join(', ')}; below ${bytes(limit)} is allowed`;
  }
  const { blobs, bytes: total } = facts as { readonly blobs?: number; readonly bytes?: number };
  return blobs === undefined || total === undefined ? '' : `${count(blobs, 'blob')}, ${bytes(total)}${failed ? '' : `; ${depths[level]}`}`;
}
