/**
 * The documents of an image, each read once: an index may name the same manifest for several platforms.
 * @module
 */
import type { RegistryError } from '../errors/index.js';
import { parseImageConfig, parseManifest, type Descriptor, type Digest, type DigestReference, type ImageConfig } from '../image/index.js';
import type { Call, Clock, ImageSource } from '../ports/index.js';
import type { Result } from '../result.js';
import { readConfig } from './read-config.js';
import { readManifest } from './read-manifest.js';

export interface ReadDocument {
  /** Its length. */
  readonly bytes: number;
  readonly parsed: ReturnType<typeof parseManifest>;
}

/** A configuration, or the code of what is wrong with it. */
type ConfigDocument = { readonly config: ImageConfig } | { readonly code: string; readonly message: string };

export interface DocumentReader {
  manifest(digest: Digest): Promise<Result<ReadDocument, RegistryError>>;
  config(config: Descriptor): Promise<Result<ConfigDocument, RegistryError>>;
}

/** `clock` is for waits; `call` is that of the whole inspection: who waits for a document must not be stopped because another one is. */
export function documentReader(of: DigestReference, source: ImageSource, clock: Clock, call: Call): DocumentReader {
  const manifests = new Map<string, ReturnType<DocumentReader['manifest']>>();
  const configs = new Map<string, ReturnType<DocumentReader['config']>>();
  return {
    manifest: (digest) => once(manifests, digest, async () => {
      const raw = await readManifest({ ...of, digest }, source, call);
      // That an image has no layer is found with its other parts.
      return raw.map((manifest) => ({ bytes: manifest.bytes.length, parsed: parseManifest(manifest, { withoutLayers: true }) }));
    }),
    // What is wrong with a configuration depends on what is said of its size.
    config: (config) => once(configs, `${config.digest} ${String(config.size)}`, async () => {
      const read = await readConfig({ descriptor: config, of, source, clock }, call);
      return read.map((found) => ('code' in found ? found : parseImageConfig(found.bytes).match((parsed): ConfigDocument => ({ config: parsed }), ({ message }) => ({ code: 'config_invalid', message }))));
    }),
  };
}

function once<T>(known: Map<string, Promise<T>>, key: string, read: () => Promise<T>): Promise<T> {
  const before = known.get(key);
  if (before !== undefined) return before;
  const now = read();
  known.set(key, now);
  return now;
}
