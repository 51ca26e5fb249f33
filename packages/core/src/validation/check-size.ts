/**
 * Is the image small enough (chart 1, B and C; R37, R38, G11).
 * @module
 */
import { formatPlatform } from '../image/index.js';
import type { Finding, InspectedImage } from '../ports/index.js';
import { ok, type Result } from '../result.js';
import type { ChecksPolicy } from './policy.js';
import { formatSize } from './size.js';

/** The compressed configuration and layers of each platform, as the manifest says, must be below the limit. The largest comes first. */
export function checkSize(image: InspectedImage, policy: Pick<ChecksPolicy, 'maxSizeBytes'>): Result<readonly Finding[], never> {
  const { maxSizeBytes } = policy;
  return ok(
    image.platforms
      .map(({ platform, manifest }) => ({ path: formatPlatform(platform), size: [manifest.config, ...manifest.layers].reduce((sum, { size }) => sum + size, 0) }))
      .filter(({ size }) => size >= maxSizeBytes)
      .sort((a, b) => b.size - a.size)
      .map(({ path, size }): Finding => ({ code: 'image_too_large', path, severity: 'error', message: `${path} has ${formatSize(size)} (${String(size)} bytes); it must be below ${formatSize(maxSizeBytes)} (${String(maxSizeBytes)} bytes)`, expected: maxSizeBytes, actual: size })),
  );
}
