/**
 * Is the image small enough (chart 1, B and C; R37, R38, G11).
 * @module
 */
import type { Finding } from '../ports/index.js';
import { ok, type Result } from '../result.js';
import type { ChecksPolicy } from './policy.js';
import { manifestsOf, type ReadImage } from './read-image.js';
import { formatSize } from './size.js';

/** What is compared with the limit, for each platform: bytes of its configuration and layers as they are stored. The largest comes first. */
export function sizesOf(image: Pick<ReadImage, 'platforms' | 'unconfigured'>): readonly { readonly platform: string; readonly bytes: number }[] {
  return manifestsOf(image)
    .map(({ path, manifest }) => ({ platform: path, bytes: [manifest.config, ...manifest.layers].reduce((sum, { size }) => sum + size, 0) }))
    .sort((a, b) => b.bytes - a.bytes);
}

/** The compressed configuration and layers of each platform, as the manifest says, must be below the limit. The largest comes first. */
export function checkSize(image: ReadImage, policy: Pick<ChecksPolicy, 'maxSizeBytes'>): Result<readonly Finding[], never> {
  const { maxSizeBytes } = policy;
  return ok(
    sizesOf(image)
      .filter(({ bytes }) => bytes >= maxSizeBytes)
      .map(({ platform, bytes }): Finding => ({ code: 'image_too_large', path: platform, severity: 'error', message: `${platform} has ${formatSize(bytes)} (${String(bytes)} bytes); it must be below ${formatSize(maxSizeBytes)} (${String(maxSizeBytes)} bytes)`, expected: maxSizeBytes, actual: bytes })),
  );
}
