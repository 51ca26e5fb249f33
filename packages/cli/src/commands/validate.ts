/**
 * `davit validate`: the checks of chart 1 on one image, without a configuration (R36–R49, R97).
 * @module
 */
import { checksPolicy, failure, formatReference, parseReference, validateImage, type CheckReport, type ChecksPolicy, type DavitError, type Reference, type ValidationLevel, type ValidationReport } from '@davit/core/images';
import type { CommandContext } from '../command-context.js';
import { configurationFault } from '../config/configuration-fault.js';
import { fail } from '../fail.js';
import { interruption } from '../interruption.js';
import { errorDocument, errorLines } from '../output/error-text.js';
import { cleaner } from '../output/printable.js';
import { bytes, count } from '../output/quantities.js';
import type { Style } from '../output/style.js';
import { pairsOf } from './pairs.js';
import { openRegistry, type RegistryFlags } from './registries.js';

export interface ValidateFlags extends RegistryFlags {
  readonly reference: string;
  readonly level: ValidationLevel;
  readonly maxSize?: string;
  readonly platform?: readonly string[];
  /** `key=value` */
  readonly label?: readonly string[];
  /** `key=value` */
  readonly annotation?: readonly string[];
  /** Milliseconds. */
  readonly maxAge?: number;
  readonly refuseRoot?: boolean;
  readonly revision?: string;
  readonly revisionLabel?: string;
  readonly signature?: 'off';
  readonly all?: boolean;
}

/** The switch that a validation without a verifier needs (G12). */
const signatureSwitch = 'this command has no signature verifier: say --signature off to validate without one';

export async function validate(context: CommandContext, flags: ValidateFlags): Promise<number> {
  const parsed = parseReference(flags.reference);
  if (parsed.isErr()) return fail(context, parsed.error);
  const policy = policyOf(flags);
  if ('code' in policy) return fail(context, policy);
  const reference = parsed.value;
  const { output, surroundings } = context;
  const opened = await openRegistry({ registry: reference.registry, flags }, surroundings);
  if (opened.isErr()) return fail(context, opened.error);
  const source = opened.value;
  const clean = cleaner(() => source.secrets());
  const stop = interruption(surroundings, (line) => output.say(line), { keeps: false });
  const call = { signal: stop.signal };
  if (flags.level === 'content' && output.words.isTerminal) output.say(output.style.dim('reading every layer; this takes as long as a pull'));
  try {
    const resolved = await source.resolve(reference, call);
    if (resolved.isErr()) return resolved.error.code === 'interrupted' ? fail(context, resolved.error, { clean, signal: stop.received() }) : unreadable(context, reference, clean(resolved.error), flags);
    const validated = await validateImage({ reference: { ...reference, digest: resolved.value.digest }, source, policy, level: flags.level, collectAll: flags.all ?? false, ...(flags.revision === undefined ? {} : { revision: flags.revision }) }, call);
    if (validated.isErr()) return fail(context, validated.error, { clean, signal: stop.received() });
    const report = clean(validated.value);
    const missing = report.checks.some(({ error }) => error?.code === 'signature_policy_missing');
    output.say(...reportLines(reference, report, output.style));
    output.document({ reference: formatReference(reference), ...report, ...(missing ? { remedy: signatureSwitch } : {}) });
    return report.outcome === 'valid' ? 0 : 1;
  } finally {
    stop.end();
    await source.close();
  }
}

function policyOf({ maxSize, platform, label = [], annotation = [], maxAge, refuseRoot = false, revisionLabel, signature }: ValidateFlags): ChecksPolicy | DavitError {
  const labels = pairsOf('--label', label);
  const annotations = pairsOf('--annotation', annotation);
  if (labels.isErr()) return labels.error;
  if (annotations.isErr()) return annotations.error;
  try {
    return checksPolicy({
      ...(maxSize === undefined ? {} : { maxSize }),
      ...(platform === undefined ? {} : { platforms: platform }),
      labels: labels.value,
      annotations: annotations.value,
      ...(maxAge === undefined ? {} : { maxAgeMs: maxAge }),
      ...(refuseRoot ? { rootUser: 'refuse' } : {}),
      ...(revisionLabel === undefined ? {} : { revisionLabel }),
      ...(signature === 'off' ? { signature: { off: 'switched off on the command line' } } : {}),
    });
  } catch (thrown) {
    const fault = configurationFault(thrown, '');
    if (fault === undefined) throw thrown;
    return failure('usage_invalid', fault.message.replace(/^checks\.(\w+)/, (_, field: string) => optionOf[field] ?? field));
  }
}

const optionOf: Readonly<Record<string, string>> = { maxSize: '--max-size', platforms: '--platform', maxAgeMs: '--max-age', revisionLabel: '--revision-label' };

/** Nothing is known of an image that cannot be found. */
function unreadable({ output }: CommandContext, reference: Reference, error: DavitError, { level }: ValidateFlags): number {
  const { style } = output;
  output.say(`${style.yellow(style.marks.warning)} ${style.bold('indeterminate')}  ${formatReference(reference)}`, ...errorLines(error, style).map((line) => `  ${line}`));
  output.document({ reference: formatReference(reference), outcome: 'indeterminate', image: reference.repository, digest: null, level, checks: [], error: errorDocument(error) });
  return 1;
}

function reportLines(reference: Reference, { outcome, digest, level, checks }: ValidationReport, style: Style): string[] {
  const { marks } = style;
  const head = { valid: style.green(marks.passed), invalid: style.red(marks.failed), indeterminate: style.yellow(marks.warning) }[outcome];
  return [`${head} ${style.bold(outcome)}  ${formatReference(reference)}`, `  ${style.dim(digest)}`, ...checks.flatMap((check) => checkLines(check, level, style))];
}

function checkLines(report: CheckReport, level: ValidationLevel, style: Style): string[] {
  const { check, findings, error } = report;
  const { marks } = style;
  const failed = findings.some(({ severity }) => severity === 'error');
  // A warning is no pass: what was not looked at must not look as if it had been.
  const mark = failed ? style.red(marks.failed) : error !== undefined || findings.length > 0 ? style.yellow(marks.warning) : style.green(marks.passed);
  const looked = lookedAt(report, level);
  const missing = error?.code === 'signature_policy_missing';
  return [
    `  ${mark} ${looked === '' ? check : `${check.padEnd(9)}  ${style.dim(looked)}`}`,
    ...findings.map(({ severity, message, code }) => `      ${severity === 'error' ? message : `warning: ${message}`} ${style.dim(`[${code}]`)}`),
    ...(error === undefined ? [] : missing ? [`      ${signatureSwitch} ${style.dim(`[${error.code}]`)}`] : errorLines(error, style).map((line) => `      ${line}`)),
  ];
}

const depths: Readonly<Record<ValidationLevel, string>> = { manifest: 'not looked for', head: 'each asked for its size', content: 'every layer read' };

/** What a check looked at, in a few words. */
function lookedAt({ check, facts = {} }: CheckReport, level: ValidationLevel): string {
  if (check === 'size') {
    const { limit, platforms } = facts as { readonly limit?: number; readonly platforms?: readonly { readonly platform: string; readonly bytes: number }[] };
    return limit === undefined || platforms === undefined || platforms.length === 0 ? '' : `${platforms.map((each) => `${each.platform} ${bytes(each.bytes)}`).join(', ')}; below ${bytes(limit)} is allowed`;
  }
  const { blobs, bytes: total } = facts as { readonly blobs?: number; readonly bytes?: number };
  return blobs === undefined || total === undefined ? '' : `${count(blobs, 'blob')}, ${bytes(total)}; ${depths[level]}`;
}
