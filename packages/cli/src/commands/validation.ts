/**
 * What an image is found to be: the report of its checks, or what keeps them from being made. As `davit validate --json`
 * prints it.
 * @module
 */
import { err, formatRepository, isDocumentFault, ok, validateImage, type Call, type DavitError, type Digest, type Reference, type Result, type ValidationOptions, type ValidationReport } from '@davit/core/images';

export interface Validation extends Omit<ValidationReport, 'image' | 'digest' | 'reportDigest'> {
  /** `registry/repository@digest`; null where no digest is known. */
  readonly image: string | null;
  readonly digest: Digest | null;
  /** Absent where no check was made. */
  readonly reportDigest?: Digest;
  /** Why no check could be made. */
  readonly error?: DavitError;
}

type Wanted = Omit<ValidationOptions, 'reference' | 'level'> & Required<Pick<ValidationOptions, 'level'>>;

/** An error only where it was interrupted. */
export async function validation(reference: Reference, options: Wanted, call: Call): Promise<Result<Validation, DavitError<'interrupted'>>> {
  const resolved = await options.source.resolve(reference, call);
  if (resolved.isErr()) return resolved.error.code === 'interrupted' ? err(resolved.error as DavitError<'interrupted'>) : ok(unresolved(reference, options, resolved.error));
  const { digest } = resolved.value;
  const validated = await validateImage({ ...options, reference: { ...reference, digest } }, call);
  return validated.map((report) => ({ ...report, image: imageOf(reference, digest) }));
}

/** Nothing is known of an image that cannot be found; but what a registry gave for it may be wrong beyond doubt. */
function unresolved(reference: Reference, { level }: Wanted, error: DavitError): Validation {
  const { digest = null } = reference;
  const about = { image: digest === null ? null : imageOf(reference, digest), digest, level };
  if (!isDocumentFault(error)) return { outcome: 'indeterminate', ...about, checks: [], error };
  return { outcome: 'invalid', ...about, checks: [{ check: 'manifest', findings: [{ code: error.code, path: 'manifest', severity: 'error', message: error.message }] }] };
}

const imageOf = (reference: Reference, digest: Digest): string => `${formatRepository(reference)}@${digest}`;
