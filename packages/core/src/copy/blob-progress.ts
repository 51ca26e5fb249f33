/**
 * Tells how far a blob is on its way.
 * @module
 */
import type { Descriptor } from '../image/index.js';
import { atIntervals } from '../policy/at-intervals.js';
import type { Call, Clock } from '../ports/index.js';

/** The reporter of one blob: called with the position after every chunk. */
export function blobProgress(image: string, { digest, size }: Descriptor, call: Call, clock: Clock): (position: number) => void {
  return atIntervals(clock, (bytes) => call.progress?.({ type: 'copy.blob', image, digest, state: 'copying', bytes, size }));
}

/** Says what became of a blob. */
export function tellBlob(image: string, { digest, size }: Descriptor, state: 'copied' | 'mounted' | 'skipped', call: Call): void {
  call.progress?.({ type: 'copy.blob', image, digest, state, bytes: size, size });
}
