import * as zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { checkContent, digestOf, failure, inspectImage, mediaTypes, type Call, type ImageSource, type Progress, type RegistryError, type Repository } from '@davit/core';
import { buildIndex, manualClock, memoryRegistry, type BuiltImage, type MemoryRegistry, type MemoryRegistryOptions } from '@davit/core/testing';
import { arm64, imageOf, layer, tarOf, zstdOf } from './layers.js';

const staging: Repository = { registry: 'staging.example.com', repository: 'team/app' };
const call: Call = { signal: new AbortController().signal };
const busy: RegistryError = failure('registry_unavailable', 'busy', { retryable: true });
const random = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, at) => (at * 7919 + (at >> 3) * 31) % 256));

function stored(image: BuiltImage, options: MemoryRegistryOptions = {}): MemoryRegistry {
  const registry = memoryRegistry(options);
  registry.put(staging, image);
  return registry;
}

async function check(image: BuiltImage, registry: ImageSource = stored(image), options: { readonly maxUnpackedBytes?: number } = {}, given: Call = call) {
  const inspected = (await inspectImage('app', { ...staging, digest: image.digest }, registry, call))._unsafeUnwrap();
  return checkContent(inspected, registry, { clock: manualClock({ auto: true }), ...options }, given);
}
const codesOf = async (...given: Parameters<typeof check>): Promise<readonly string[]> => (await check(...given))._unsafeUnwrap().map(({ code, severity }) => `${severity} ${code}`);

describe('checkContent', () => {
  it('finds nothing in layers that are gzip, plain tar or zstd; what this Node cannot unpack it says (R40)', async () => {
    const archive = tarOf({ name: 'a', content: random(2000) });
    expect(await codesOf(imageOf([layer(archive), layer(archive, 'none')]))).toEqual([]);
    const unpacks = 'createZstdDecompress' in zlib;
    expect(await codesOf(imageOf([layer(archive, 'zstd')]))).toEqual(unpacks ? [] : ['warning layer_not_checked']);
  });

  it('takes an archive as tools write it: in several gzip members, with a table of contents in front, empty', async () => {
    const archive = tarOf({ name: 'a', content: random(3000) }, { name: 'b' });
    const members = Buffer.concat([zlib.gzipSync(archive.subarray(0, 700)), zlib.gzipSync(archive.subarray(700))]);
    expect(await codesOf(imageOf([{ ...layer(archive), bytes: members }]))).toEqual([]);
    expect(await codesOf(imageOf([layer(tarOf())]))).toEqual([]);
    const skipped = Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2]), zstdOf(archive)]);
    expect((await codesOf(imageOf([{ ...layer(archive, 'zstd'), bytes: skipped }]))).filter((code) => code.startsWith('error'))).toEqual([]);
  });

  it('says that zstd is called gzip also where this Node cannot unpack it, for its beginning says so', async () => {
    const archive = tarOf({ name: 'a', content: random(2000) });
    const image = imageOf([{ ...layer(archive, 'zstd'), mediaType: mediaTypes.ociLayerGzip }]);
    expect(await codesOf(image)).toEqual(['error layer_type_differs', ...('createZstdDecompress' in zlib ? [] : ['warning layer_not_checked'])]);
  });

  it('finds what follows after gzip and is none, also zero bytes, which other programs refuse', async () => {
    const archive = tarOf({ name: 'a', content: random(3000) });
    const packed = zlib.gzipSync(archive);
    const empty = zlib.gzipSync(Buffer.alloc(0));
    const tails: readonly [Uint8Array, readonly string[]][] = [[empty, []], [Buffer.alloc(1), ['error layer_unreadable']], [Buffer.alloc(100_000), ['error layer_unreadable']], [Buffer.concat([Buffer.alloc(4), zlib.gzipSync(tarOf({ name: 'b' }))]), ['error layer_unreadable']], [Buffer.from('more'), ['error layer_unreadable']]];
    for (const [tail, expected] of tails) {
      const image = imageOf([{ ...layer(archive), bytes: Buffer.concat([packed, tail]) }]);
      for (const chunkBytes of [1, 7, packed.length, 64 * 1024]) {
        if (tail.length / chunkBytes > 10_000) continue;
        expect([tail.length, chunkBytes, await codesOf(image, stored(image, { chunkBytes }))]).toEqual([tail.length, chunkBytes, expected]);
      }
    }
    const padded = imageOf([{ ...layer(archive), bytes: Buffer.concat([packed, Buffer.alloc(512)]) }]);
    expect((await check(padded))._unsafeUnwrap()[0]?.message).toContain(`it cannot be unpacked (gzip): what follows after ${String(packed.length)} bytes is no member`);
    // Of what is too much only the beginning is looked at.
    expect(await codesOf(padded, stored(padded, { chunkBytes: 64 }), { maxUnpackedBytes: 1000 })).toEqual(['error layer_too_large']);
  });

  it('reads zstd of many frames, and finds one that was cut, where this Node can', async () => {
    const expected = (...codes: readonly string[]): readonly string[] => ('createZstdDecompress' in zlib ? codes : ['warning layer_not_checked']);
    const archive = tarOf({ name: 'a', content: random(3000) }, { name: 'b' });
    const frames = Buffer.concat([zstdOf(archive.subarray(0, 700)), zstdOf(archive.subarray(700, 2000)), zstdOf(archive.subarray(2000))]);
    const of = (bytes: Uint8Array, diffId = digestOf(archive)) => imageOf([{ ...layer(archive, 'zstd'), bytes, diffId }]);
    expect(await codesOf(of(frames))).toEqual(expected());
    expect(await codesOf(of(frames, digestOf('another')))).toEqual(expected('error diff_id_differs'));
    expect(await codesOf(of(frames.subarray(0, -10)))).toEqual(expected('error layer_unreadable'));
    expect(await codesOf(of(Buffer.concat([frames, Buffer.from('more')])))).toEqual(expected('error layer_unreadable'));
    const image = of(frames);
    expect(await codesOf(image, stored(image), { maxUnpackedBytes: 1000 })).toEqual(expected('error layer_too_large'));
  });

  it('reads a layer that a registry need not hold where no URL says who else has it', async () => {
    const type = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip';
    const [good, wrong] = [layer(), { ...layer(), diffId: digestOf('another') }];
    expect(await codesOf(imageOf([{ ...good, mediaType: type }]))).toEqual([]);
    expect(await codesOf(imageOf([{ ...wrong, mediaType: type }]))).toEqual(['error diff_id_differs']);
    const elsewhere = imageOf([{ ...wrong, mediaType: type }], { changeManifest: (manifest) => ({ ...manifest, layers: (manifest['layers'] as object[]).map((descriptor) => ({ ...descriptor, urls: ['https://example.com/layer'] })) }) });
    expect(await codesOf(elsewhere)).toEqual([]);
  });

  it('reads a layer that several platforms share once, and compares it with the diff_id of each', async () => {
    const shared = layer();
    const image = buildIndex([imageOf([shared]), imageOf([shared], { platform: arm64, changeConfig: (config) => ({ ...config, rootfs: { type: 'layers', diff_ids: [digestOf('another')] } }) })]);
    const registry = stored(image);
    const findings = (await check(image, registry))._unsafeUnwrap();
    expect(findings).toMatchObject([{ code: 'diff_id_differs', path: 'linux/arm64/v8 layers[0]', expected: digestOf('another'), actual: shared.diffId }]);
    expect(registry.calls.filter(({ method, digest }) => method === 'readBlob' && digest === digestOf(shared.bytes))).toHaveLength(1);
  });

  it.each([
    ['less', (size: number) => size - 3],
    ['more', (size: number) => size + 3],
  ])('compares a shared layer with the size that each platform says, also where the second says %s', async (_how, wrong) => {
    const shared = layer();
    const lying = imageOf([shared], { platform: arm64, changeManifest: (manifest) => ({ ...manifest, layers: (manifest['layers'] as { size: number }[]).map((descriptor) => ({ ...descriptor, size: wrong(descriptor.size) })) }) });
    const image = buildIndex([imageOf([shared]), lying]);
    const registry = stored(image);
    const { length } = shared.bytes;
    expect((await check(image, registry))._unsafeUnwrap()).toMatchObject([{ code: 'layer_size', path: 'linux/arm64/v8 layers[0]', severity: 'error', expected: wrong(length), actual: length }]);
    expect(registry.calls.filter(({ method, digest }) => method === 'readBlob' && digest === digestOf(shared.bytes))).toHaveLength(1);
    // The place that says the size right is still compared with the content.
    const flipped = Buffer.from(shared.bytes);
    flipped[12] = (flipped[12] ?? 0) ^ 1;
    registry.damageBlob({ ...staging, digest: digestOf(shared.bytes) }, flipped);
    expect(((await check(image, registry))._unsafeUnwrap()).map(({ code, path }) => `${code} ${path}`)).toEqual(['layer_size linux/arm64/v8 layers[0]', 'layer_damaged linux/amd64 layers[0]']);
  });

  it('computes a diff_id by sha512, and says where it knows no such algorithm', async () => {
    const archive = tarOf({ name: 'a', content: 'x' });
    const withId = (id: string) => imageOf([{ ...layer(archive), diffId: id }]);
    expect(await codesOf(withId(digestOf(archive, 'sha512')))).toEqual([]);
    expect(await codesOf(withId(digestOf('no', 'sha512')))).toEqual(['error diff_id_differs']);
    expect(await codesOf(withId('blake3:0123456789abcdef'))).toEqual(['warning layer_not_checked']);
  });

  it.each<[string, Buffer, 'gzip' | 'none', string]>([
    ['text that is called gzip', Buffer.from('plain words'), 'gzip', 'error layer_unreadable'],
    ['gzip whose sum is wrong', Buffer.concat([zlib.gzipSync(tarOf()).subarray(0, -8), Buffer.alloc(8)]), 'gzip', 'error layer_unreadable'],
    ['a packed text', zlib.gzipSync('packed words'), 'gzip', 'error layer_unreadable'],
    ['a tar archive that was cut', tarOf({ name: 'a', content: random(3000) }).subarray(0, 1500), 'none', 'error layer_unreadable'],
    ['a tar archive without its end', tarOf({ name: 'a', content: 'x' }).subarray(0, 1024), 'none', 'warning layer_unterminated'],
    ['gzip that is called tar', zlib.gzipSync(tarOf()), 'none', 'error layer_type_differs'],
    ['nothing', Buffer.alloc(0), 'none', 'warning layer_unterminated'],
  ])('says what is wrong with %s', async (_name, bytes, called, code) => {
    const unpacked = bytes[0] === 0x1f ? (() => { try { return zlib.gunzipSync(bytes); } catch { return bytes; } })() : bytes;
    expect(await codesOf(imageOf([{ ...layer(undefined, called), bytes, diffId: digestOf(unpacked) }]))).toEqual([code]);
  });

  it('stops at a bomb, and reads on to know its digest', async () => {
    const bomb = layer(tarOf({ name: 'zeros', content: Buffer.alloc(4_000_000) }));
    const image = imageOf([bomb]);
    expect(bomb.bytes.length).toBeLessThan(10_000);
    expect((await check(image, stored(image), { maxUnpackedBytes: 1_000_000 }))._unsafeUnwrap()).toMatchObject([{ code: 'layer_too_large', severity: 'error', expected: 1_000_000 }]);
  });

  it('leaves layers of other kinds and documents of attestations unopened, but reads them', async () => {
    const encrypted = { ...layer(Buffer.from('secret')), mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip+encrypted' };
    expect(await codesOf(imageOf([encrypted]))).toEqual([]);
    const index = buildIndex([imageOf([layer()])], { attestations: true });
    const registry = stored(index);
    expect(await codesOf(index, registry)).toEqual([]);
    const attestation = [...index.blobs.values()].find((bytes) => Buffer.from(bytes).toString().startsWith('provenance'))!;
    registry.damageBlob({ ...staging, digest: digestOf(attestation) }, Buffer.from(Buffer.from(attestation).toString().replace('provenance', 'providence')));
    expect(await check(index, registry).then((result) => result._unsafeUnwrap())).toMatchObject([{ code: 'layer_damaged', path: expect.stringMatching(/^attestation [0-9a-f]{12} layers\[0\]$/) as string }]);
  });

  it('finds other bytes, fewer and more than the manifest says', async () => {
    const image = imageOf([layer()]);
    const digest = digestOf(layer().bytes);
    const served = async (bytes: Uint8Array) => {
      const registry = stored(image);
      registry.damageBlob({ ...staging, digest }, bytes);
      return codesOf(image, registry);
    };
    const flipped = Buffer.from(layer().bytes);
    flipped[12] = (flipped[12] ?? 0) ^ 1;
    expect(await served(flipped)).toEqual(['error layer_damaged']);
    expect(await served(flipped.subarray(5))).toEqual(['error layer_size']);
    expect(await served(Buffer.concat([flipped, flipped]))).toEqual(['error layer_size']);
  });
});

describe('checkContent on a bad network', () => {
  const big = layer(tarOf({ name: 'a', content: random(300_000) }), 'none');
  const image = imageOf([big]);
  const digest = digestOf(big.bytes);
  type Body = (bytes: AsyncIterable<Uint8Array>, attempt: number) => AsyncIterable<Uint8Array>;

  /** A registry whose bodies a test spoils. */
  function spoilt(registry: MemoryRegistry, spoil: Body): ImageSource {
    let attempt = 0;
    return { ...registry, readBlob: (blob, offset, inner) => registry.readBlob(blob, offset, inner).map((stream) => (blob.digest === digest ? { ...stream, body: spoil(stream.body, (attempt += 1)) } : stream)) };
  }
  async function* breaking(bytes: AsyncIterable<Uint8Array>, after: number, fault: RegistryError = busy): AsyncIterable<Uint8Array> {
    let chunks = 0;
    for await (const chunk of bytes) {
      if (chunks === after) throw Object.assign(new Error('cut'), { fault });
      chunks += 1;
      yield chunk;
    }
  }

  it.each([[true], [false]])('goes on where a connection broke, with ranges: %s', async (ranges) => {
    const registry = stored(image, { ranges, chunkBytes: 20_000 });
    expect(await codesOf(image, spoilt(registry, (bytes, attempt) => (attempt <= 3 ? breaking(bytes, attempt * 2) : bytes)))).toEqual([]);
    expect(registry.calls.filter((each) => each.method === 'readBlob' && each.digest === digest).map(({ offset }) => offset)).toEqual(ranges ? [0, 40_000, 120_000, 240_000] : [0, 40_000, 80_000, 120_000]);
  });

  it('tells how far it is, and why it goes on so late', async () => {
    const registry = stored(image, { chunkBytes: 20_000 });
    const told: Progress[] = [];
    void (await check(image, spoilt(registry, (bytes, attempt) => (attempt === 1 ? breaking(bytes, 2) : bytes)), {}, { ...call, progress: (progress) => told.push(progress) }));
    const { length } = big.bytes;
    expect(told).toEqual([
      { type: 'check.planned', image: 'app', bytes: length, blobs: 1 },
      { type: 'check.blob', image: 'app', digest, state: 'reading', bytes: 20_000, size: length },
      { type: 'request.retry', host: staging.registry, reason: 'busy; it goes on from byte 40000', waitMs: expect.any(Number) as number, attempt: 1, of: 4 },
      // The wait was long enough to tell again.
      { type: 'check.blob', image: 'app', digest, state: 'reading', bytes: 60_000, size: length },
      { type: 'check.blob', image: 'app', digest, state: 'read', bytes: length, size: length },
    ]);
  });

  it('gives up where nothing comes any more, and calls no image invalid for it (G16)', async () => {
    const registry = stored(image, { chunkBytes: 20_000 });
    const result = await check(image, spoilt(registry, (bytes) => breaking(bytes, 0)));
    expect(result._unsafeUnwrapErr()).toMatchObject({ code: 'registry_unavailable', message: 'app: linux/amd64 layers[0]: busy' });
    const denied = await check(image, spoilt(registry, (bytes) => breaking(bytes, 1, failure('registry_denied', 'no'))));
    expect(denied._unsafeUnwrapErr().code).toBe('registry_denied');
  });

  it('gives up after four breaks in a row without a mebibyte in between, so that a registry which sends little at a time is not asked without end', async () => {
    const asked = (registry: MemoryRegistry): number => registry.calls.filter((each) => each.method === 'readBlob' && each.digest === digest).length;
    const dripping = stored(image, { chunkBytes: 1 });
    expect((await check(image, spoilt(dripping, (bytes) => breaking(bytes, 1))))._unsafeUnwrapErr().code).toBe('registry_unavailable');
    expect(asked(dripping)).toBe(5);
  });

  it('goes on as long as a mebibyte comes between two breaks', async () => {
    const mebibyte = 1024 * 1024;
    const huge = layer(tarOf({ name: 'a', content: Buffer.alloc(7 * mebibyte) }), 'none');
    const whole = imageOf([huge]);
    const registry = stored(whole, { chunkBytes: mebibyte });
    let opened = 0;
    const breakingOften: ImageSource = { ...registry, readBlob: (blob, offset, inner) => registry.readBlob(blob, offset, inner).map((stream) => (blob.digest === digestOf(huge.bytes) && (opened += 1) <= 7 ? { ...stream, body: breaking(stream.body, 1) } : stream)) };
    expect(await codesOf(whole, breakingOften)).toEqual([]);
    expect(opened).toBe(8);
  });

  it('takes a body that ends early for cut where the registry has all of it (G16)', async () => {
    async function* short(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
      for await (const chunk of bytes) {
        yield chunk;
        return;
      }
    }
    const registry = stored(image, { chunkBytes: 100_000 });
    expect(await codesOf(image, spoilt(registry, (bytes, attempt) => (attempt === 1 ? short(bytes) : bytes)))).toEqual([]);
    const never = await check(image, spoilt(stored(image), async function* () { /* nothing comes */ }));
    expect(never._unsafeUnwrapErr()).toMatchObject({ code: 'size_mismatch', retryable: true });
  });

  it('reads a second time where the digest is wrong: a byte that flipped on the way is no fault of the image (G16)', async () => {
    async function* flipping(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
      for await (const chunk of bytes) yield Uint8Array.from(chunk, (byte, at) => (at === 600 ? byte ^ 4 : byte));
    }
    const once = stored(image);
    expect(await codesOf(image, spoilt(once, (bytes, attempt) => (attempt === 1 ? flipping(bytes) : bytes)))).toEqual([]);
    expect(await codesOf(image, spoilt(stored(image), flipping))).toEqual(['error layer_damaged']);
  });

  it('stops with the signal', async () => {
    const controller = new AbortController();
    const registry = stored(image, { chunkBytes: 1000 });
    const result = await check(image, spoilt(registry, (bytes) => { controller.abort(); return bytes; }), {}, { signal: controller.signal });
    expect(result._unsafeUnwrapErr().code).toBe('interrupted');
  });

  it('finds a layer that is gone meanwhile', async () => {
    const registry = stored(image);
    const gone: ImageSource = { ...registry, readBlob: (blob, offset, inner) => { if (blob.digest === digest) registry.removeBlob({ ...staging, digest: digest }); return registry.readBlob(blob, offset, inner); } };
    expect(await codesOf(image, gone)).toEqual(['error layer_missing']);
  });
});
