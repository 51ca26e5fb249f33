/**
 * Tells how far a blob is, at most four times a second, however small its chunks are.
 * @module
 */
import type { Descriptor } from '../image/index.js';
import type { Call, Clock } from '../ports/index.js';

const leastIntervalMs = 250;

/** The reporter of one blob: called with the position after every chunk. */
export function blobProgress(image: string, { digest, size }: Descriptor, call: Call, clock: Clock): (position: number) => void {
  let toldAt = -Infinity;
  return (position) => {
    const now = clock.now();
    if (now - toldAt < leastIntervalMs) return;
    toldAt = now;
    call.progress?.({ type: 'copy.blob', image, digest, state: 'copying', bytes: position, size });
  };
}

/** Says what became of a blob. */
export function tellBlob(image: string, { digest, size }: Descriptor, state: 'copied' | 'mounted' | 'skipped', call: Call): void {
  call.progress?.({ type: 'copy.blob', image, digest, state, bytes: size, size });
}
