/**
 * Brings one blob to the target: taken over within its registry, or streamed.
 * @module
 */
import type { RegistryError } from '../errors/index.js';
import type { Call, Clock } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';
import { blobProgress, tellBlob } from './blob-progress.js';
import { inImage } from './fault.js';
import type { PlannedBlob } from './plan.js';
import type { CopyRequest } from './request.js';
import { verifiedContent } from './verified-content.js';

/** How often in all a blob is fetched that comes with another digest: a byte may flip on the way, and the way is tried again. */
const mostFetches = 4;

/** Does what the plan says of a blob. A mount that the registry would not do becomes an upload. */
export async function copyBlob(request: CopyRequest, blob: PlannedBlob, clock: Clock, call: Call): Promise<Result<'copied' | 'mounted' | 'present', RegistryError>> {
  const { name, from, target, to } = request;
  const { descriptor, label, action } = blob;
  const { digest } = descriptor;
  if (action === 'present') {
    tellBlob(name, descriptor, 'skipped', call);
    return ok('present');
  }
  if (action === 'mount') {
    const mounted = await target.mountBlob({ ...to, digest }, from, call);
    if (mounted.isErr() && (mounted.error.retryable || mounted.error.code === 'interrupted')) return err(inImage(name, label, mounted.error, descriptor));
    if (mounted.isOk() && mounted.value) {
      tellBlob(name, descriptor, 'mounted', call);
      return ok('mounted');
    }
  }
  const written = await stream(request, blob, clock, call);
  if (written.isErr()) return err(inImage(name, label, written.error, descriptor));
  tellBlob(name, descriptor, 'copied', call);
  return ok('copied');
}

/** The target never completes what was wrong, so fetching it again is safe; how often is bounded, for a registry may lie. */
async function stream({ name, source, from, target, to }: CopyRequest, { descriptor }: PlannedBlob, clock: Clock, call: Call): Promise<Result<void, RegistryError>> {
  const { digest } = descriptor;
  const again = (reason: string, waitMs: number, attempt: number, of: number): void => call.progress?.({ type: 'request.retry', host: from.registry, reason, waitMs, attempt, of });
  const onBytes = blobProgress(name, descriptor, call, clock);
  const content = verifiedContent(descriptor, (offset, inner) => source.readBlob({ ...from, digest }, offset, inner), {
    onBytes,
    clock,
    onResume: ({ error, position, attempt, of, waitMs }) => again(`${error.message}; it goes on from byte ${String(position)}`, waitMs, attempt, of),
  });
  for (let fetch = 1; ; fetch += 1) {
    onBytes(0);
    const written = await target.writeBlob({ ...to, digest }, content, call);
    if (written.isOk()) return ok(undefined);
    // What broke the stream is the cause; the target only saw a request that ended. A stream that was merely told to end is not.
    const cause = content.fault === undefined || content.fault.code === 'interrupted' ? written.error : content.fault;
    if (content.fault?.code !== 'digest_mismatch' || fetch === mostFetches || call.signal.aborted) return err(cause);
    again(cause.message, 0, fetch, mostFetches);
  }
}
