/**
 * Does the image say of itself what it should (chart 1, H and I; R43, R44).
 * @module
 */
import { formatPlatform, platformMatches, type Platform } from '../image/index.js';
import type { Json } from '../json.js';
import type { Finding, InspectedPlatform } from '../ports/index.js';
import { ok, type Result } from '../result.js';
import { metadataFaults } from './inspect-image.js';
import { meetsPattern, showPattern, type ChecksPolicy, type ValuePattern } from './policy.js';
import type { ReadImage } from './read-image.js';

/** Clocks of build machines go a little wrong. */
const clockSkewMs = 5 * 60 * 1000;
const usualRevisionLabel = 'org.opencontainers.image.revision';

type MetadataPolicy = Omit<ChecksPolicy, 'maxSizeBytes' | 'signature' | 'custom'>;

/** Compares platforms, counts, labels, annotations, revision, date and user with the policy. `now` in milliseconds since 1970. */
export function checkMetadata(image: ReadImage, policy: MetadataPolicy, now: number): Result<readonly Finding[], never> {
  return ok([
    ...(image.faults ?? []).filter(({ code }) => metadataFaults.has(code)),
    ...missingPlatforms(image, policy.platforms ?? []),
    ...image.platforms.flatMap((platform) => [
      ...consistency(platform),
      ...values(platform, 'label', platform.config.labels, policy.labels ?? {}),
      ...values(platform, 'annotation', { ...image.annotations, ...platform.manifest.annotations }, policy.annotations ?? {}),
      ...revision(image, platform, policy.revisionLabel),
      ...created(platform, policy.maxAgeMs, now),
      ...user(platform, policy.rootUser ?? 'allow'),
    ]),
  ]);
}

function finding(platform: InspectedPlatform, code: string, where: string, message: string, expected?: Json, actual?: Json, severity: Finding['severity'] = 'error'): Finding {
  const path = formatPlatform(platform.platform);
  return { code, path: `${path} ${where}`, severity, message: `${path}: ${message}`, ...(expected === undefined ? {} : { expected }), ...(actual === undefined ? {} : { actual }) };
}

function missingPlatforms({ platforms, unconfigured = [] }: ReadImage, wanted: readonly Platform[]): readonly Finding[] {
  // An image that cannot be read is not missing: what is wrong with it is said elsewhere.
  const there = [...platforms, ...unconfigured].flatMap(({ platform }) => (platform === undefined ? [] : [platform]));
  const offered = there.map(formatPlatform);
  return wanted
    .filter((platform) => !there.some((candidate) => platformMatches(platform, candidate)))
    .map((platform) => ({ code: 'platform_missing', path: formatPlatform(platform), severity: 'error', message: `there is no image for ${formatPlatform(platform)}; there is ${offered.length === 0 ? 'none' : offered.join(', ')}`, expected: formatPlatform(platform), actual: offered }));
}

/** What every image must be, whatever the policy says: manifest, configuration and index speak of the same thing. */
function consistency(platform: InspectedPlatform): readonly Finding[] {
  const { config, manifest } = platform;
  const layers = manifest.layers.length;
  const says = formatPlatform(config.platform);
  return [
    // A variant may be left out on one of the two sides.
    ...(samePlatform(platform.platform, config.platform) ? [] : [finding(platform, 'platform_differs', 'config', `the configuration is for ${says}`, formatPlatform(platform.platform), says)]),
    ...(config.diffIds.length === layers ? [] : [finding(platform, 'layer_count', 'config.rootfs', `the configuration lists ${String(config.diffIds.length)} layers, and the manifest ${String(layers)}`, layers, config.diffIds.length)]),
    ...(config.historyLayers === undefined || config.historyLayers === layers ? [] : [finding(platform, 'history_count', 'config.history', `the history tells of ${String(config.historyLayers)} layers, and the manifest has ${String(layers)}`, layers, config.historyLayers)]),
  ];
}

function samePlatform(a: Platform, b: Platform): boolean {
  return a.os === b.os && a.architecture === b.architecture && (a.variant === undefined || b.variant === undefined || a.variant === b.variant);
}

function values(platform: InspectedPlatform, kind: 'label' | 'annotation', actual: Readonly<Record<string, string>>, wanted: Readonly<Record<string, ValuePattern>>): readonly Finding[] {
  return Object.entries(wanted).flatMap(([key, pattern]) => {
    const value = Object.hasOwn(actual, key) ? actual[key] : undefined;
    const where = `${kind}s[${JSON.stringify(key)}]`;
    if (value === undefined) return [finding(platform, `${kind}_missing`, where, `the ${kind} ${key} is missing`, showPattern(pattern))];
    return meetsPattern(value, pattern) ? [] : [finding(platform, `${kind}_differs`, where, `the ${kind} ${key} is ${JSON.stringify(value.slice(0, 200))} and should be ${showPattern(pattern)}`, showPattern(pattern), value.slice(0, 200))];
  });
}

function revision(image: ReadImage, platform: InspectedPlatform, label: string | undefined): readonly Finding[] {
  const key = label ?? usualRevisionLabel;
  const { labels } = platform.config;
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  const where = `labels[${JSON.stringify(key)}]`;
  if (value === undefined || value === '') return label === undefined ? [] : [finding(platform, 'revision_missing', where, `the label ${key}, which names the revision, is missing`, image.revision)];
  if (image.revision === undefined || sameRevision(value, image.revision)) return [];
  return [finding(platform, 'revision_differs', where, `the image was built from revision ${value.slice(0, 200)}, and ${image.revision} was tested`, image.revision, value.slice(0, 200))];
}

/** One may be the other cut short, as people cut commit ids. */
function sameRevision(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  return short === long || (/^[0-9a-f]{7,}$/i.test(short) && long.toLowerCase().startsWith(short.toLowerCase()));
}

function created(platform: InspectedPlatform, maxAgeMs: number | undefined, now: number): readonly Finding[] {
  const text = platform.config.created;
  if (text === undefined) return maxAgeMs === undefined ? [] : [finding(platform, 'created_missing', 'config.created', 'the configuration does not say when the image was created')];
  const at = Date.parse(text);
  if (at > now + clockSkewMs) return [finding(platform, 'created_in_future', 'config.created', `the image says that it was created at ${text}, which is still to come`, new Date(now).toISOString(), text)];
  if (maxAgeMs !== undefined && now - at > maxAgeMs) return [finding(platform, 'too_old', 'config.created', `the image was created at ${text}, longer ago than allowed`, new Date(now - maxAgeMs).toISOString(), text)];
  return [];
}

function user(platform: InspectedPlatform, rootUser: 'allow' | 'refuse'): readonly Finding[] {
  const [name = ''] = platform.config.user.split(':');
  // Engines read a number with its sign.
  const isRoot = name === '' || name === 'root' || /^[+-]?0+$/.test(name);
  return rootUser === 'allow' || !isRoot ? [] : [finding(platform, 'root_user', 'config.User', 'the image runs as root', undefined, platform.config.user)];
}
