/**
 * Two registries and an image, made anew for every fault, and what is counted of a copy between them.
 * @module
 */
import { copyImage, digestHex, readBack, type CopyOptions, type CopyReport, type Digest, type RegistryError, type Result } from '@davit/core';
import { manualClock } from '@davit/core/testing';
import { pushImage, pushReferrer, startRegistryServer, type FaultEffect, type FaultHandle, type PushedImage, type RegistryServer, type RegistryServerOptions, type RequestFilter } from '@davit/registry-server';
import { dockerRegistry, type RegistryClient } from '../../src/index.js';

const users = [{ name: 'ci', password: 'secret' }];

/** The same bytes in every run, and no two layers alike. */
const noise = (seed: number, length: number): Buffer => {
  const bytes = Buffer.alloc(length);
  let state = seed * 2_654_435_761;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
};
export const layers = [noise(1, 300_000), noise(2, 120_000)];
const largest = 300_000;

export interface Bench {
  readonly source: RegistryServer;
  readonly target: RegistryServer;
  readonly image: PushedImage;
  readonly digests: readonly Digest[];
  copy(more?: Partial<CopyOptions>, signal?: AbortSignal): Promise<Result<CopyReport, RegistryError>>;
  /** Puts a fault on a kind of request. */
  inject(kind: Kind, then: FaultEffect, times: number): FaultHandle;
  /** Whether every byte, digest and tag is at the target. */
  isRight(): Promise<boolean>;
  /** Manifests at the target that the source does not have. */
  strangeManifests(): number;
  /** Bytes of blobs that went over a side more than once. */
  bytesTwice(): { readonly source: number; readonly target: number };
  close(): Promise<void>;
}

export interface Kind {
  readonly side: 'source' | 'target';
  readonly name: string;
  readonly when: RequestFilter;
  /** Carries bytes of layers: to the target, or from the source. */
  readonly body?: true;
}

const signatureTag = /manifests\/sha256-[a-f0-9]+\.sig/;
/** Every kind of request that a copy makes, of both sides. */
export const kinds: readonly Kind[] = [
  { side: 'source', name: 'token', when: { path: /^\/token/ } },
  { side: 'source', name: 'GET manifest', when: { method: 'GET', path: /manifests\/sha256:/ } },
  { side: 'source', name: 'GET blob', when: { method: 'GET', path: /blobs\/sha256:/ }, body: true },
  { side: 'source', name: 'GET referrers', when: { method: 'GET', path: /referrers/ } },
  { side: 'source', name: 'GET tags', when: { method: 'GET', path: /tags\/list/ } },
  { side: 'source', name: 'HEAD tag of a signature', when: { method: 'HEAD', path: signatureTag } },
  { side: 'target', name: 'token', when: { path: /^\/token/ } },
  { side: 'target', name: 'HEAD manifest', when: { method: 'HEAD', path: /manifests\/sha256:/ } },
  { side: 'target', name: 'HEAD blob', when: { method: 'HEAD', path: /blobs\/sha256:/ } },
  { side: 'target', name: 'POST upload', when: { method: 'POST', path: /uploads/ } },
  { side: 'target', name: 'PUT blob', when: { method: 'PUT', path: /uploads/ }, body: true },
  { side: 'target', name: 'PUT manifest', when: { method: 'PUT', path: /manifests\/sha256:/ } },
  { side: 'target', name: 'GET referrers', when: { method: 'GET', path: /referrers/ } },
  { side: 'target', name: 'HEAD tag', when: { method: 'HEAD', path: /manifests\/1\.0/ } },
  { side: 'target', name: 'GET manifest', when: { method: 'GET', path: /manifests\/sha256:/ } },
  { side: 'target', name: 'PUT tag', when: { method: 'PUT', path: /manifests\/1\.0/ } },
];

export async function bench(options: { readonly requestTimeoutMs?: number; readonly server?: RegistryServerOptions } = {}): Promise<Bench> {
  const auth: RegistryServerOptions = { auth: { kind: 'token', users }, ...options.server };
  const [source, target] = await Promise.all([startRegistryServer(auth), startRegistryServer(auth)]);
  const image = await pushImage(source, { repository: 'staging/app', tag: '1.0', layers, platforms: ['linux/amd64', 'linux/arm64'] });
  const signature = await pushReferrer(source, { repository: 'staging/app', subject: image, artifactType: 'application/vnd.test.signature', payload: 'signed' });
  const sigTag = `sha256-${digestHex(image.digest)}.sig`;
  await source.store.tag('staging/app', sigTag, signature.digest);
  const clock = manualClock({ auto: true });
  const both = (): RegistryClient => dockerRegistry({ dockerConfig: false, credentials: { username: 'ci', password: 'secret' }, clock, requestTimeoutMs: options.requestTimeoutMs ?? 5000 });
  const [from, to] = [both(), both()];
  return {
    source,
    target,
    image,
    digests: image.built.blobs.map(({ digest }) => digest),
    // As a promotion does it: what was written is read back and compared (R17).
    copy: async (more = {}, signal = new AbortController().signal) => {
      const request: CopyOptions = { name: 'app', source: from, from: { registry: source.host, repository: 'staging/app', digest: image.digest }, target: to, to: { registry: target.host, repository: 'prod/app' }, clock, tags: [{ tag: '1.0' }], ...more };
      return copyImage(request, { signal }).andThen((report) => readBack({ name: 'app', target: to, to: request.to, digest: report.digest }, { signal }).map(() => report));
    },
    inject: ({ side, when }, then, times) => (side === 'source' ? source : target).faults.add({ when: { ...when, times }, then }),
    isRight: async () => {
      for (const { digest, bytes } of image.built.blobs) if ((await target.store.blob('prod/app', digest))?.equals(Buffer.from(bytes)) !== true) return false;
      for (const { digest, bytes } of source.store.manifests('staging/app')) if (target.store.manifest('prod/app', digest)?.bytes.equals(bytes) !== true) return false;
      return target.store.digestOf('prod/app', '1.0') === image.digest && target.store.digestOf('prod/app', sigTag) === signature.digest;
    },
    strangeManifests: () => target.store.manifests('prod/app').length - source.store.manifests('staging/app').length,
    bytesTwice: () => {
      const sent = target.requests.matching({ method: 'PUT', path: /uploads/ }).reduce((sum, { requestBytes }) => sum + requestBytes, 0);
      const read = source.requests.matching({ method: 'GET', path: /blobs\/sha256:/ }).reduce((sum, { responseBytes }) => sum + responseBytes, 0);
      const all = new Map<string, number>([...image.built.blobs.map(({ digest, bytes }): [string, number] => [digest, bytes.length]), ['configuration of the signature', 2], ['its payload', 6]]);
      const once = [...all.values()].reduce((sum, size) => sum + size, 0);
      return { source: read - once, target: sent - once };
    },
    close: async () => {
      await Promise.all([source.close(), target.close(), from.close(), to.close()]);
    },
  };
}

export const largestLayer = largest;
