/**
 * `davit validate`: the checks of chart 1 on one image, without a configuration (R36–R49, R97).
 * @module
 */
import { checksPolicy, failure, formatReference, parseReference, type ChecksPolicy, type DavitError, type ValidationLevel } from '@davit/core/images';
import type { CommandContext } from '../command-context.js';
import { configurationFault } from '../config/configuration-fault.js';
import { fail } from '../fail.js';
import { interruption } from '../interruption.js';
import { errorDocument } from '../output/error-text.js';
import { cleaner } from '../output/printable.js';
import { showWaits } from '../story/show-waits.js';
import { pairsOf } from './pairs.js';
import { openRegistry, type RegistryFlags } from './registries.js';
import { runAgain } from './run-again.js';
import { signatureSwitch, validationLines } from './validation-text.js';
import { validation } from './validation.js';

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
  const stop = interruption(surroundings, (line) => output.complain(() => [line]), { keeps: false });
  const how = flags.level === 'content' ? { detail: 'reading every layer; this takes as long as a pull', isLong: true } : {};
  try {
    const { level, all = false, revision } = flags;
    const wanted = { source, policy, level, collectAll: all, ...(revision === undefined ? {} : { revision }) };
    const validated = await showWaits(context, { what: 'Validate the image', ...how, clean, stop }, (call) => validation(reference, wanted, call));
    if (validated.isErr()) return fail(context, runAgain(validated.error), { clean, signal: stop.received() });
    const shown = clean(validated.value);
    const { error, ...report } = shown;
    const missing = report.checks.some(({ error: fault }) => fault?.code === 'signature_policy_missing');
    output.say(...validationLines(reference, shown, output.style));
    output.document({ reference: formatReference(reference), ...report, ...(error === undefined ? {} : { error: errorDocument(runAgain(error)) }), ...(missing ? { remedy: signatureSwitch } : {}) });
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
