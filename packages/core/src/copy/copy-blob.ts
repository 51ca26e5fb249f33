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

/** Does what the plan says of a blob. A mount that the registry would not do becomes an upload. */
export async function copyBlob(request: CopyRequest, blob: PlannedBlob, clock: Clock, call: Call): Promise<Result<'copied' | 'mounted' | 'present', RegistryError>> {
  const { name, source, from, target, to } = request;
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
  const tell = blobProgress(name, descriptor, call, clock);
  tell(0);
  const content = verifiedContent(descriptor, (offset, inner) => source.readBlob({ ...from, digest }, offset, inner), tell);
  const written = await target.writeBlob({ ...to, digest }, content, call);
  if (written.isErr()) {
    // What broke the stream is the cause; the target only saw a request that ended. A stream that was merely told to end is not.
    const cause = content.fault === undefined || content.fault.code === 'interrupted' ? written.error : content.fault;
    return err(inImage(name, label, cause, descriptor));
  }
  tellBlob(name, descriptor, 'copied', call);
  return ok('copied');
}
