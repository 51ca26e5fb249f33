/**
 * All checks of one image, in the order of the chart, without a promotion: what `davit validate` does (R36–R49).
 * @module
 */
import { failure, type CheckError, type DavitError, type RegistryError } from '../errors/index.js';
import { digestOf, type Digest, type DigestReference } from '../image/index.js';
import type { JsonObject } from '../json.js';
import { systemClock, watched, type Call, type Clock, type Finding, type ImageSource } from '../ports/index.js';
import { err, ok, ResultAsync, type Result } from '../result.js';
import { placesOf } from './blob-places.js';
import { checkCustom } from './check-custom.js';
import { checkParts } from './check-parts.js';
import { checkMetadata } from './check-metadata.js';
import { checkSignature } from './check-signature.js';
import { checkSize, sizesOf } from './check-size.js';
import { inspectImage, isDocumentFault } from './inspect-image.js';
import { lookedAt, type Looked } from './looked-at.js';
import type { ChecksPolicy, ValidationLevel } from './policy.js';
import type { ReadImage } from './read-image.js';

export interface ValidationOptions {
  /** Name of the image in its release. Default: its repository. */
  readonly name?: string;
  readonly reference: DigestReference;
  readonly source: ImageSource;
  readonly policy: ChecksPolicy;
  /** The tested revision. */
  readonly revision?: string;
  /** How deep to look. Default: as the policy says, else `head`. */
  readonly level?: ValidationLevel;
  /** Make all checks although one failed. Default: false, as the chart has it. */
  readonly collectAll?: boolean;
  /** Default: the system's clock. */
  readonly clock?: Clock;
}

/** One check that was made. */
export interface CheckReport {
  /** `manifest`, `size`, `layers`, `metadata`, `signature`, or the name of an organisation's own. */
  readonly check: string;
  readonly findings: readonly Finding[];
  /** What was looked at: of `size` the limit and the size of each platform, of `layers` how many blobs and bytes. Bytes as stored. */
  readonly facts?: JsonObject;
  /**
   * Where it could not look at all of the image: at `nothing` of it, or only at a `part`. It has not passed then, whatever it
   * found; what is wrong with the rest is found by this check or another. Absent: it looked at everything.
   */
  readonly looked?: 'nothing' | 'part';
  /** Why the check could not be made. */
  readonly error?: DavitError;
}

export interface ValidationReport {
  /** `invalid`: a check found an error. `indeterminate`: none did, and one could not be made. */
  readonly outcome: 'valid' | 'invalid' | 'indeterminate';
  readonly image: string;
  readonly digest: Digest;
  readonly level: ValidationLevel;
  /** The checks that were made, in order. */
  readonly checks: readonly CheckReport[];
  /** Digest over all of the above: two equal reports have the same, whenever they were made (R49). */
  readonly reportDigest: Digest;
}

type Fault = CheckError | RegistryError;
type Check = readonly [name: string, make: () => PromiseLike<Result<readonly Finding[], Fault>> | Result<readonly Finding[], Fault>, looked?: Looked, facts?: JsonObject];

/** Validates one image. An error only where it was interrupted; a registry that cannot be read makes the report `indeterminate`. */
export function validateImage(options: ValidationOptions, call: Call): ResultAsync<ValidationReport, DavitError<'interrupted'>> {
  return new ResultAsync(validate(options, watched(call)));
}

async function validate(options: ValidationOptions, call: Call): Promise<Result<ValidationReport, DavitError<'interrupted'>>> {
  const { reference, source, policy, revision, level = policy.level ?? 'head', collectAll = false, clock = systemClock } = options;
  const name = options.name ?? reference.repository;
  const checks: CheckReport[] = [];
  const stopped = (): boolean => call.signal.aborted;
  const inspected = await inspectImage(name, reference, source, call, clock);
  if (stopped()) return err(failure('interrupted', `${name}: the validation was interrupted`));
  if (inspected.isErr()) {
    const { error } = inspected;
    checks.push(isDocumentFault(error) ? { check: 'manifest', findings: [{ code: error.code, path: 'manifest', severity: 'error', message: error.message }] } : { check: 'manifest', findings: [], error });
  } else {
    const image: ReadImage = { ...inspected.value, ...(revision === undefined ? {} : { revision }) };
    const looked = lookedAt(image, level);
    const inOrder: readonly Check[] = [
      ['size', () => checkSize(image, policy), looked.size, { limit: policy.maxSizeBytes, platforms: sizesOf(image) }],
      ['layers', () => checkParts(level, image, source, clock, call), looked.layers, layerFacts(image)],
      ['metadata', () => checkMetadata(image, policy, clock.now()), looked.metadata],
      ...(policy.custom ?? []).map((custom): Check => [custom.name, () => checkCustom(custom, image, source, call)]),
      ['signature', () => checkSignature(image, policy, source, call)],
    ];
    for (const [check, make, seen, facts] of inOrder) {
      const made = await make();
      if (stopped()) return err(failure('interrupted', `${name}: the validation was interrupted`));
      checks.push({ check, findings: made.isOk() ? made.value : [], ...(facts === undefined ? {} : { facts }), ...(seen === undefined ? {} : { looked: seen }), ...(made.isOk() ? {} : { error: made.error }) });
      if (!collectAll && (made.isErr() || made.value.some(isError))) break;
    }
  }
  return ok(report(name, reference.digest, level, checks));
}

/** Each blob once, however many platforms share it. */
function layerFacts(image: ReadImage): JsonObject {
  const blobs = new Map(placesOf(image).map(({ descriptor }) => [descriptor.digest, descriptor.size]));
  return { blobs: blobs.size, bytes: [...blobs.values()].reduce((sum, size) => sum + size, 0) };
}

const isError = ({ severity }: Finding): boolean => severity === 'error';

function report(image: string, digest: Digest, level: ValidationLevel, checks: readonly CheckReport[]): ValidationReport {
  const outcome = checks.some(({ findings }) => findings.some(isError)) ? 'invalid' : checks.some(({ error }) => error !== undefined) ? 'indeterminate' : 'valid';
  const said = { outcome, image, digest, level, checks } as const;
  return { ...said, reportDigest: digestOf(JSON.stringify(said)) };
}
