/**
 * Brings one blob to the target: taken over within its registry, or streamed.
 * @module
 */
import type { RegistryError } from '../errors/index.js';
import type { Call, Clock } from '../ports/index.js';
import { err, ok, type Result } from '../result.js';
import { isPresent, type PlannedBlob } from './blob-plan.js';
import { blobProgress, tellBlob } from './blob-progress.js';
import { inImage } from './fault.js';
import { lanes, openInRanges, type Lanes } from './parallel-ranges.js';
import type { CopyRequest } from './request.js';
import { verifiedContent } from './verified-content.js';

/** How often in all a blob is fetched that comes with another digest: a byte may flip on the way, and the way is tried again. */
const mostFetches = 4;

export type BlobCopier = (blob: PlannedBlob, call: Call) => Promise<Result<'copied' | 'mounted' | 'present', RegistryError>>;

/** After so many refusals, with no blob mounted, the registry is taken for one that does not mount: each costs three requests. */
const mostRefusals = 4;

/** After these, an upload would not go better than the mount; after everything else it may, also where the registry only fails at mounting. */
const endsCopy: readonly RegistryError['code'][] = ['interrupted', 'registry_unreachable', 'registry_rate_limited'];

/** Does what the plan of a copy says of each blob. A mount that the registry would not do becomes an upload. */
export function blobCopier(request: CopyRequest, clock: Clock): BlobCopier {
  const { name, from, target, to } = request;
  const ownLanes = lanes();
  let refusals = 0;
  let mounts = 0;

  const mount = async (blob: PlannedBlob, call: Call): Promise<Result<'mounted' | 'present' | null, RegistryError>> => {
    const { descriptor, label } = blob;
    if (mounts > 0 || refusals < mostRefusals) {
      const mounted = await target.mountBlob({ ...to, digest: descriptor.digest }, from, call);
      if (mounted.isErr() && endsCopy.includes(mounted.error.code)) return err(inImage(name, label, mounted.error, descriptor));
      if (mounted.isOk() && mounted.value) {
        mounts += 1;
        return ok('mounted');
      }
      refusals += 1;
    }
    // Nobody has asked yet whether it is there: a mount would have found it.
    return (await isPresent(request, blob, call)).map((present) => (present ? 'present' : null));
  };

  return async (blob, call) => {
    const { descriptor, label, action } = blob;
    const placed = action === 'mount' ? await mount(blob, call) : ok(action === 'present' ? ('present' as const) : null);
    if (placed.isErr()) return err(placed.error);
    if (placed.value !== null) {
      tellBlob(name, descriptor, placed.value === 'mounted' ? 'mounted' : 'skipped', call);
      return ok(placed.value);
    }
    const written = await stream(request, blob, ownLanes, clock, call);
    if (written.isErr()) return err(inImage(name, label, written.error, descriptor));
    tellBlob(name, descriptor, 'copied', call);
    return ok('copied');
  };
}

/** The target never completes what was wrong, so fetching it again is safe; how often is bounded, for a registry may lie. */
async function stream({ name, source, from, target, to }: CopyRequest, { descriptor }: PlannedBlob, ownLanes: Lanes, clock: Clock, call: Call): Promise<Result<void, RegistryError>> {
  const { digest } = descriptor;
  const again = (reason: string, waitMs: number, attempt: number, of: number): void => call.progress?.({ type: 'request.retry', host: from.registry, reason, waitMs, attempt, of });
  const onBytes = blobProgress(name, descriptor, call, clock);
  const content = verifiedContent(descriptor, openInRanges(source, { ...from, digest }, { size: descriptor.size, lanes: ownLanes, clock }), {
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
