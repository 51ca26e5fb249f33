/**
 * The image configuration: platform, labels, history, and the digests of the unpacked layers.
 * @see https://github.com/opencontainers/image-spec/blob/main/config.md
 * @module
 */
import { failure, type DavitError } from '../errors/index.js';
import { err, ok, type Result } from '../result.js';
import { isStringRecord } from './descriptor.js';
import type { Platform } from './platform.js';

export interface ImageConfig {
  readonly platform: Platform;
  /** As written in the document; absent in reproducible builds that leave it out. */
  readonly created?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly user: string;
  readonly diffIds: readonly string[];
  /** Steps of the history that made a layer; undefined where there is no history. */
  readonly historyLayers?: number;
}

/** Reads an image configuration. Configurations of artifacts that are no images fail here. */
export function parseImageConfig(bytes: Uint8Array): Result<ImageConfig, DavitError<'document_invalid'>> {
  const fault = (field: string, what: string): Result<never, DavitError<'document_invalid'>> => err(failure('document_invalid', `image configuration: ${field} ${what}`, { field }));
  let document: Record<string, unknown>;
  try {
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return fault('document', 'is not an object');
    document = parsed as Record<string, unknown>;
  } catch {
    return fault('document', 'is not JSON');
  }
  const { os, architecture, variant, created, config, rootfs, history } = document;
  if (typeof os !== 'string' || os === '') return fault('os', 'is missing');
  if (typeof architecture !== 'string' || architecture === '') return fault('architecture', 'is missing');
  if (created !== undefined && created !== null && (typeof created !== 'string' || Number.isNaN(Date.parse(created)))) return fault('created', 'is not a date');
  const { type, diff_ids: diffIds } = typeof rootfs === 'object' && rootfs !== null ? (rootfs as Record<string, unknown>) : {};
  if (type !== 'layers') return fault('rootfs.type', 'is not "layers"');
  if (!Array.isArray(diffIds) || !diffIds.every((id) => typeof id === 'string')) return fault('rootfs.diff_ids', 'is not a list of digests');
  const run = typeof config === 'object' && config !== null ? (config as Record<string, unknown>) : {};
  const { Labels: labels, User: user } = run;
  if (labels !== undefined && labels !== null && !isStringRecord(labels)) return fault('config.Labels', 'is not a map of texts');
  if (history !== undefined && history !== null && !Array.isArray(history)) return fault('history', 'is not a list');
  return ok({
    platform: { os, architecture, ...(typeof variant === 'string' && variant !== '' ? { variant } : {}) },
    ...(typeof created === 'string' ? { created } : {}),
    labels: labels ?? {},
    user: typeof user === 'string' ? user : '',
    diffIds,
    ...(Array.isArray(history) && history.length > 0 ? { historyLayers: history.filter((step) => (step as { empty_layer?: unknown } | null)?.empty_layer !== true).length } : {}),
  });
}
