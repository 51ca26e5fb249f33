/**
 * The images of this host: each unpacked in a directory of its own, named by digest, and there only when it is whole.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { digestOf, err, failure, hashFor, isAttestation, isForeignLayerType, ok, parseImageConfig, parseManifest, parseReference, retrying, streamFault, type Call, type Clock, type Descriptor, type DeployerError, type DigestReference, type ImageManifest, type ImageSource, type RegistryError, type Result } from '@davit/core';
import { UnpackFault, unpackLayer, type UnpackLimits } from './unpack.js';

/** Generous for a Node application, and small enough for a disk. */
const limits: UnpackLimits = { maxBytes: 1024 ** 3, maxEntries: 100_000 };
const maxConfigBytes = 4 * 1024 * 1024;

type PullFault = DeployerError;
type Pulled<T> = Promise<Result<T, PullFault>>;

export class ImageStore {
  readonly #directory: string;
  readonly #registry: ImageSource;
  readonly #clock: Clock;

  constructor(directory: string, registry: ImageSource, clock: Clock) {
    this.#directory = directory;
    this.#registry = registry;
    this.#clock = clock;
  }

  /** Where an image's files are. */
  root(image: string): string {
    return join(this.#directory, nameOf(image), 'root');
  }

  /** Where its configuration is, the bytes that its digest was checked with. */
  config(image: string): string {
    return join(this.#directory, nameOf(image), 'config.json');
  }

  async has(image: string): Promise<boolean> {
    return stat(this.config(image)).then(() => true, () => false);
  }

  /**
   * Pulls an image and verifies every digest on the way.
   * @param publish Asked right before the image appears; its refusal leaves the host as it was.
   */
  async pull(image: string, call: Call, publish: () => Promise<Result<void, PullFault>>): Pulled<void> {
    const reference = parseReference(image);
    if (reference.isErr()) return err(pullFault(image, reference.error.message));
    const { registry, repository, digest } = reference.value;
    if (digest === undefined) return err(pullFault(image, 'it is not named by digest'));
    const temporary = join(this.#directory, `tmp-${randomUUID()}`);
    try {
      const root = join(temporary, 'root');
      await mkdir(root, { recursive: true, mode: 0o700 });
      const unpacked = await this.#unpack(image, { registry, repository, digest }, temporary, call);
      if (unpacked.isErr()) return err(unpacked.error);
      const allowed = await publish();
      if (allowed.isErr()) return err(allowed.error);
      await rename(temporary, join(this.#directory, nameOf(image))).catch(async (thrown: unknown) => {
        // Another driver of the same promotion was quicker; what is named by its digest is the same.
        if (!(await this.has(image))) throw thrown;
      });
      return ok(undefined);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }

  /** Removes every image but these. */
  async prune(kept: Iterable<string>): Promise<void> {
    const names = new Set([...kept].map(nameOf));
    for (const name of await readdir(this.#directory).catch(() => [])) if (!names.has(name)) await rm(join(this.#directory, name), { recursive: true, force: true });
  }

  /** Brings configuration and layers into `directory`. The configuration is written whole before, and the directory appears after it. */
  async #unpack(image: string, reference: DigestReference, directory: string, call: Call): Pulled<void> {
    const manifest = await this.#manifest(image, reference, call);
    if (manifest.isErr()) return err(manifest.error);
    const { config, layers } = manifest.value;
    if (config.size > maxConfigBytes) return err(pullFault(image, 'its configuration is too large'));
    const configFile = join(directory, 'config.json');
    const fetched = await this.#download(image, reference, config, configFile, call);
    if (fetched.isErr()) return err(fetched.error);
    const parsed = parseImageConfig(await readFile(configFile));
    if (parsed.isErr()) return err(pullFault(image, parsed.error.message));
    if (parsed.value.diffIds.length !== layers.length) return err(pullFault(image, 'its configuration and its manifest disagree about the layers'));
    for (const [at, layer] of layers.entries()) {
      const unpacked = await this.#layer(image, reference, layer, directory, call);
      if (unpacked.isErr()) return err(unpacked.error);
      if (unpacked.value !== parsed.value.diffIds[at]) return err(pullFault(image, `layer ${String(at + 1)} unpacks to something else than its configuration says`));
    }
    return ok(undefined);
  }

  /** The manifest, or the one of an index that suits this machine. */
  async #manifest(image: string, reference: DigestReference, call: Call): Pulled<ImageManifest> {
    const raw = await this.#registry.readManifest(reference, call);
    if (raw.isErr()) return err(registryFault(image, raw.error));
    // The adapter verified it; a deployer that runs what it pulls trusts nobody.
    if (digestOf(raw.value.bytes) !== reference.digest && !reference.digest.startsWith('sha512:')) return err(pullFault(image, 'the registry sent another manifest', true));
    const parsed = parseManifest(raw.value);
    if (parsed.isErr()) return err(pullFault(image, parsed.error.message));
    if (parsed.value.kind === 'manifest') return ok(parsed.value);
    const images = parsed.value.manifests.filter((one) => !isAttestation(one));
    const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
    const ours = images.find(({ platform }) => platform?.os === 'linux' && platform.architecture === architecture) ?? (images.length === 1 ? images[0] : undefined);
    if (ours === undefined) return err(pullFault(image, `it has no image for linux/${architecture}`));
    return this.#manifest(image, { ...reference, digest: ours.digest }, call);
  }

  /** Unpacks a layer, only after all of it was verified. The answer is the digest of what was unpacked. */
  async #layer(image: string, reference: DigestReference, layer: Descriptor, directory: string, call: Call): Pulled<string> {
    const isGzip = /[+.]gzip$/.test(layer.mediaType);
    if (isForeignLayerType(layer.mediaType)) return err(pullFault(image, 'a layer lies outside of the registry'));
    if (!isGzip && !/tar$/.test(layer.mediaType)) return err(pullFault(image, `a layer is of a kind that this deployer does not unpack: ${layer.mediaType}`));
    if (layer.size > limits.maxBytes) return err(pullFault(image, `a layer is larger than ${String(limits.maxBytes)} bytes`));
    const file = join(directory, 'layer');
    const fetched = await this.#download(image, reference, layer, file, call);
    if (fetched.isErr()) return err(fetched.error);
    try {
      return ok(await unpackLayer(createReadStream(file), isGzip, join(directory, 'root'), limits, call.signal));
    } catch (thrown) {
      return err(thrownFault(image, thrown, call));
    } finally {
      await rm(file, { force: true });
    }
  }

  /** Writes a blob to a file, a few times if it must, and accepts it only when size and digest are right. */
  async #download(image: string, { registry, repository }: DigestReference, blob: Descriptor, file: string, call: Call): Pulled<void> {
    const attempt = async (): Promise<Result<void, PullFault>> => {
      const opened = await this.#registry.readBlob({ registry, repository, digest: blob.digest }, 0, call);
      if (opened.isErr()) return err(registryFault(image, opened.error));
      const hash = hashFor(blob.digest);
      let size = 0;
      const counted = async function* (bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
        for await (const chunk of bytes) {
          size += chunk.length;
          if (size > blob.size) return;
          hash.update(chunk);
          yield chunk;
        }
      };
      try {
        await pipeline(counted(opened.value.body), createWriteStream(file, { mode: 0o600 }), { signal: call.signal });
      } catch (thrown) {
        return err(thrownFault(image, thrown, call));
      }
      return size === blob.size && hash.digest() === blob.digest ? ok(undefined) : err(pullFault(image, `the registry sent something else than ${blob.digest}`, true));
    };
    return retrying(attempt, { signal: call.signal, clock: this.#clock });
  }
}

function thrownFault(image: string, thrown: unknown, { signal }: Call): PullFault {
  const fault = streamFault(thrown);
  if (fault !== undefined) return registryFault(image, fault);
  if (signal.aborted) return failure('interrupted', `the pull of ${image} was ended because the process was asked to stop`, { retryable: true });
  if (thrown instanceof UnpackFault) return pullFault(image, thrown.message);
  const { code } = thrown as { code?: unknown };
  if (code === 'ENOSPC' || code === 'EDQUOT') return failure('host_disk_full', `${image} cannot be pulled: the disk is full`, { reference: image, cause: thrown });
  return failure('pull_failed', `${image} cannot be pulled: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { reference: image, cause: thrown });
}

function pullFault(image: string, why: string, retryable = false): PullFault {
  return failure('pull_failed', `${image} cannot be pulled: ${why}`, { reference: image, retryable });
}

function registryFault(image: string, error: RegistryError): PullFault {
  if (error.code === 'interrupted') return failure('interrupted', error.message, { retryable: true });
  return failure('pull_failed', `${image} cannot be pulled: ${error.message}`, { reference: image, cause: error, retryable: error.retryable });
}

/** `sha256-<hex>`: what an image is named by, wherever it came from. */
function nameOf(image: string): string {
  return image.slice(image.indexOf('@') + 1).replaceAll(/[^A-Za-z0-9]/g, '-');
}
