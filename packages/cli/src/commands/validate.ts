/**
 * `davit validate`: the checks of chart 1 on one image, without a configuration (R36–R49, R97).
 * @module
 */
import { checksPolicy, failure, formatReference, parseReference, validateImage, type ChecksPolicy, type DavitError, type Reference, type ValidationReport } from '@davit/core/images';
import type { CommandContext } from '../command-context.js';
import { configurationFault } from '../config/configuration-fault.js';
import { fail } from '../fail.js';
import { interruption } from '../interruption.js';
import { errorDocument, errorLines } from '../output/error-text.js';
import { cleaner } from '../output/printable.js';
import type { Style } from '../output/style.js';
import { openRegistry } from './registries.js';

export interface ValidateFlags {
  readonly reference: string;
  readonly level: 'manifest' | 'head';
  readonly maxSize?: string;
  readonly platform?: readonly string[];
  /** `key=value` */
  readonly label?: readonly string[];
  readonly revision?: string;
  readonly signature?: 'off';
  readonly all?: boolean;
  readonly plainHttp?: boolean;
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
  const source = await openRegistry(flags.plainHttp === true ? [reference.registry] : []);
  const clean = cleaner(() => source.secrets());
  const stop = interruption(surroundings, (line) => output.say(line));
  const call = { signal: stop.signal };
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

function policyOf({ maxSize, platform, label = [], signature }: ValidateFlags): ChecksPolicy | DavitError {
  const labels: Record<string, string> = {};
  for (const text of label) {
    const at = text.indexOf('=');
    if (at <= 0) return failure('usage_invalid', `--label ${text} is not key=value`);
    labels[text.slice(0, at)] = text.slice(at + 1);
  }
  try {
    return checksPolicy({
      ...(maxSize === undefined ? {} : { maxSize }),
      ...(platform === undefined ? {} : { platforms: platform }),
      ...(label.length === 0 ? {} : { labels }),
      ...(signature === 'off' ? { signature: { off: 'switched off on the command line' } } : {}),
    });
  } catch (thrown) {
    const fault = configurationFault(thrown, '');
    if (fault === undefined) throw thrown;
    return failure('usage_invalid', fault.message.replace(/^checks\.(\w+)/, (_, field: string) => optionOf[field] ?? field));
  }
}

const optionOf: Readonly<Record<string, string>> = { maxSize: '--max-size', platforms: '--platform' };

/** Nothing is known of an image that cannot be found. */
function unreadable({ output }: CommandContext, reference: Reference, error: DavitError, { level }: ValidateFlags): number {
  const { style } = output;
  output.say(`${style.yellow(style.marks.warning)} ${style.bold('indeterminate')}  ${formatReference(reference)}`, ...errorLines(error, style).map((line) => `  ${line}`));
  output.document({ reference: formatReference(reference), outcome: 'indeterminate', image: reference.repository, digest: null, level, checks: [], error: errorDocument(error) });
  return 1;
}

function reportLines(reference: Reference, { outcome, digest, checks }: ValidationReport, style: Style): string[] {
  const { marks } = style;
  const head = { valid: style.green(marks.passed), invalid: style.red(marks.failed), indeterminate: style.yellow(marks.warning) }[outcome];
  return [
    `${head} ${style.bold(outcome)}  ${formatReference(reference)}`,
    `  ${style.dim(digest)}`,
    ...checks.flatMap(({ check, findings, error }) => {
      const failed = findings.some(({ severity }) => severity === 'error');
      const mark = failed ? style.red(marks.failed) : error === undefined ? style.green(marks.passed) : style.yellow(marks.warning);
      const missing = error?.code === 'signature_policy_missing';
      return [
        `  ${mark} ${check}`,
        ...findings.map(({ severity, message, code }) => `      ${severity === 'error' ? message : style.dim(`warning: ${message}`)} ${style.dim(`[${code}]`)}`),
        ...(error === undefined ? [] : missing ? [`      ${signatureSwitch} ${style.dim(`[${error.code}]`)}`] : errorLines(error, style).map((line) => `      ${line}`)),
      ];
    }),
  ];
}
