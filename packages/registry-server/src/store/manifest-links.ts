/**
 * What a manifest points to. Read leniently: a registry keeps manifests that a strict reader would refuse, and tests need those.
 * @module
 */
import { isDigest, type Digest } from '@davit/core';

export interface ManifestLink {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Where else it may be had. */
  readonly urls: readonly string[];
}

export interface ManifestLinks {
  readonly mediaType: string | undefined;
  readonly blobs: readonly ManifestLink[];
  readonly manifests: readonly ManifestLink[];
  readonly subject: Digest | undefined;
  /** Of a referrer: its own, else the type of its configuration. */
  readonly artifactType: string | undefined;
  readonly annotations: unknown;
}

/** Undefined where the bytes are no JSON object, where it has both layers and manifests, or where a link has no digest. */
export function manifestLinks(bytes: Uint8Array): ManifestLinks | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  const document = objectOf(parsed);
  if (document === undefined) return undefined;
  const { mediaType, config, layers, manifests, subject, artifactType, annotations } = document;
  if (manifests !== undefined && (layers !== undefined || config !== undefined)) return undefined;
  const blobs = linksOf([...(config === undefined ? [] : [config]), ...(Array.isArray(layers) ? (layers as unknown[]) : [])]);
  const children = linksOf(Array.isArray(manifests) ? (manifests as unknown[]) : []);
  const target = subject === undefined ? [] : linksOf([subject]);
  if (blobs === undefined || children === undefined || target === undefined) return undefined;
  return {
    mediaType: textOf(mediaType),
    blobs,
    manifests: children,
    subject: target[0]?.digest,
    artifactType: textOf(artifactType) ?? textOf(objectOf(config)?.['mediaType']),
    annotations,
  };
}

function linksOf(values: readonly unknown[]): ManifestLink[] | undefined {
  const links: ManifestLink[] = [];
  for (const value of values) {
    const { digest, mediaType, urls } = objectOf(value) ?? {};
    if (typeof digest !== 'string' || !isDigest(digest)) return undefined;
    links.push({ digest, mediaType: textOf(mediaType) ?? '', urls: Array.isArray(urls) ? urls.filter((url) => typeof url === 'string') : [] });
  }
  return links;
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
