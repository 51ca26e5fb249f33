import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf, isAttestation, isConfigType, isForeignLayerType, maxManifestBytes, mediaTypes, parseManifest, type Descriptor } from '@davit/core';
import { aDescriptor, aManifest, anIndex, bytesOf, changed, indexArbitrary, manifestArbitrary, parse, spoiled } from './documents.js';

describe('parseManifest (R37, R40)', () => {
  it('reads a manifest', () => {
    const subject = aDescriptor({ mediaType: mediaTypes.ociManifest });
    expect(parse(aManifest({ annotations: { a: 'b' }, artifactType: 'application/example', subject, unknown: [1] }))._unsafeUnwrap()).toEqual({
      kind: 'manifest',
      mediaType: mediaTypes.ociManifest,
      config: aDescriptor({ mediaType: mediaTypes.ociConfig }),
      layers: [aDescriptor()],
      annotations: { a: 'b' },
      artifactType: 'application/example',
      subject,
    });
  });

  it('reads an index', () => {
    expect(parse(anIndex(), mediaTypes.ociIndex)._unsafeUnwrap()).toMatchObject({ kind: 'index', mediaType: mediaTypes.ociIndex, manifests: [{ platform: { os: 'linux', architecture: 'amd64' } }] });
    expect(parse(anIndex({ manifests: [] }), mediaTypes.ociIndex).isOk()).toBe(true);
  });

  it.each([
    [aManifest({ mediaType: mediaTypes.dockerManifest }), mediaTypes.dockerManifest, 'manifest'],
    [aManifest({ mediaType: mediaTypes.dockerManifest, layers: [] }), mediaTypes.dockerManifest, 'manifest'],
    [anIndex({ mediaType: mediaTypes.dockerIndex }), mediaTypes.dockerIndex, 'index'],
    [aManifest({ mediaType: undefined }), mediaTypes.ociManifest, 'manifest'],
    [anIndex({ mediaType: undefined }), mediaTypes.ociIndex, 'index'],
    [aManifest(), '', 'manifest'],
    [aManifest({ mediaType: undefined }), '', 'manifest'],
    [anIndex({ mediaType: undefined }), '', 'index'],
  ])('reads what is called %#: %s', (document, mediaType, kind) => {
    expect(parse(document, mediaType)._unsafeUnwrap().kind).toBe(kind);
  });

  it('gives every generated manifest and index back as it was written', () => {
    fc.assert(
      fc.property(manifestArbitrary, (document) => {
        const { schemaVersion: _, ...fields } = document;
        expect(parse(document)._unsafeUnwrap()).toEqual({ kind: 'manifest', mediaType: mediaTypes.ociManifest, ...fields });
      }),
    );
    fc.assert(
      fc.property(indexArbitrary, (document) => {
        const { schemaVersion: _, ...fields } = document;
        expect(parse(document, mediaTypes.ociIndex)._unsafeUnwrap()).toEqual({ kind: 'index', mediaType: mediaTypes.ociIndex, ...fields });
      }),
    );
  });

  it.each([['schemaVersion'], ['config'], ['layers']])('refuses a manifest without %s', (field) => {
    expect(parse(changed(aManifest(), [field]))._unsafeUnwrapErr().code).toBe('document_invalid');
  });

  it.each([
    ['says its kind', { artifactType: 'application/example' }],
    ['says its kind and has an image\'s configuration', { artifactType: 'application/example', config: aDescriptor({ mediaType: mediaTypes.ociConfig }) }],
    ['says its kind by its configuration', { config: aDescriptor({ mediaType: 'application/vnd.example.config.v1+json' }) }],
    ['refers to another', { artifactType: 'application/example', config: aDescriptor({ mediaType: mediaTypes.ociEmpty }), subject: aDescriptor({ mediaType: mediaTypes.ociManifest }) }],
  ])('reads an artifact without layers that %s', (_, more) => {
    expect(parse(aManifest({ layers: [], ...more }))._unsafeUnwrap()).toMatchObject({ kind: 'manifest', layers: [] });
  });

  it('reads an image without layers only where that is asked for', () => {
    const bytes = bytesOf(aManifest({ layers: [] }));
    const raw = { bytes, mediaType: mediaTypes.ociManifest, digest: digestOf(bytes) };
    expect(parseManifest(raw)._unsafeUnwrapErr()).toMatchObject({ code: 'document_invalid', message: expect.stringContaining('layers is empty') as string });
    expect(parseManifest(raw, { withoutLayers: true })._unsafeUnwrap()).toMatchObject({ kind: 'manifest', layers: [] });
    // A list it must be in any case.
    expect(parseManifest({ ...raw, bytes: bytesOf(aManifest({ layers: undefined })) }, { withoutLayers: true }).isErr()).toBe(true);
  });

  it('refuses an index without manifests', () => {
    expect(parse(changed(anIndex(), ['manifests']), mediaTypes.ociIndex)._unsafeUnwrapErr().message).toContain('manifests is not a list');
  });

  it.each([
    ['schemaVersion', '2'],
    ['schemaVersion', 3],
    ['mediaType', 7],
    ['mediaType', 'nonsense'],
    ['mediaType', mediaTypes.dockerManifest],
    ['config', null],
    ['config', []],
    ['config', 'x'],
    ['layers', {}],
    ['layers', []],
    ['layers', [null]],
    ['manifests', []],
    ['artifactType', 7],
    ['artifactType', 'nonsense'],
    ['subject', {}],
    ['subject', 'sha256:x'],
    ['annotations', []],
    ['annotations', { a: 1 }],
    ['annotations', { a: null }],
  ])('refuses a manifest whose %s is %j', (field, value) => {
    expect(parse(changed(aManifest(), [field], value))._unsafeUnwrapErr()).toMatchObject({ code: 'document_invalid', retryable: false });
  });

  it('takes null for what was not set, and for a list with nothing in it, as programs in Go write it', () => {
    const artifact = { artifactType: 'application/example' };
    expect(parse(aManifest({ ...artifact, layers: null, subject: null, annotations: null, manifests: null }))._unsafeUnwrap()).toEqual(parse(aManifest({ ...artifact, layers: [] }))._unsafeUnwrap());
    expect(parse(anIndex({ manifests: null, subject: null, annotations: null, artifactType: null, config: null, layers: null }), mediaTypes.ociIndex)._unsafeUnwrap()).toEqual(parse(anIndex({ manifests: [] }), mediaTypes.ociIndex)._unsafeUnwrap());
    expect(parse(aManifest({ mediaType: null }))._unsafeUnwrap()).toEqual(parse(aManifest())._unsafeUnwrap());
    // An image has a layer, whatever its list is called.
    expect(parse(aManifest({ layers: null }))._unsafeUnwrapErr().message).toContain('layers is empty');
  });

  it.each<[string, object]>([
    ['Layers', aManifest({ Layers: [aDescriptor({ digest: digestOf('another') })] })],
    ['Layers', { ...aManifest({ layers: undefined }), Layers: [aDescriptor()] }],
    ['layerſ', aManifest({ layerſ: null })],
    ['Config', aManifest({ Config: null })],
    ['MediaType', aManifest({ MediaType: 'x' })],
    ['SCHEMAVERSION', aManifest({ SCHEMAVERSION: 1 })],
    ['Manifests', anIndex({ Manifests: [] })],
    ['Manifests', aManifest({ Manifests: [] })],
    ['subject.Digest', aManifest({ subject: aDescriptor({ Digest: digestOf('another') }) })],
    ['layers[0].Size', aManifest({ layers: [aDescriptor({ Size: 6 })] })],
    ['manifests[0].platform.Architecture', anIndex({ manifests: [aDescriptor({ mediaType: mediaTypes.ociManifest, platform: { os: 'linux', architecture: 'amd64', Architecture: 'arm64' } })] })],
  ])('refuses %s, which some programs read as the key that it resembles', (path, document) => {
    expect(parse(document, '')._unsafeUnwrapErr()).toMatchObject({ code: 'document_invalid', message: expect.stringContaining(`: ${path} is another spelling of `) as string });
  });

  it('leaves keys alone that are unknown, or those of annotations', () => {
    expect(parse(aManifest({ ORG: 1, Org: 2, annotations: { Layers: 'x', layers: 'y' } })).isOk()).toBe(true);
  });

  it('refuses a key that stands twice in one object, at any depth', () => {
    const twice = (text: string, more: string): Buffer => Buffer.from(JSON.stringify(aManifest({ annotations: { a: 'b' } })).replace(text, `${text}${more}`));
    for (const [bytes, key] of [[twice('{', '"layers":[],'), 'layers'], [twice('"annotations":{', '"\\u0061":"c",'), 'a'], [twice('{', '"x":[{"y":1,"y":[]}],'), 'y']] as const) {
      expect(parse(bytes)._unsafeUnwrapErr()).toMatchObject({ code: 'document_invalid', message: expect.stringContaining(`has the key "${key}" twice`) as string });
    }
    // The same key in two objects, and a value that looks like a key.
    const once = `"x":${JSON.stringify({ a: { a: ['a', 'a'] }, b: 'a\\","a":"', c: [{ a: 1 }, { a: 2 }] })},`;
    expect(parse(twice('{', once))._unsafeUnwrap()).toEqual(parse(aManifest({ annotations: { a: 'b' } }))._unsafeUnwrap());
  });

  it('refuses what is nested more than a hundred deep, for nobody could write it again', () => {
    const nested = (depth: number): Buffer => Buffer.from(`${JSON.stringify(aManifest()).slice(0, -1)},"x":${'['.repeat(depth)}${']'.repeat(depth)}}`);
    expect(parse(nested(99)).isOk()).toBe(true);
    for (const depth of [100, 100_000]) expect(parse(nested(depth))._unsafeUnwrapErr()).toMatchObject({ code: 'document_invalid', message: expect.stringContaining('nested more than 100 deep') as string });
  });

  it('refuses a document with two faces, whatever it is called', () => {
    for (const mediaType of [mediaTypes.ociManifest, mediaTypes.ociIndex, '']) {
      expect(parse({ ...aManifest({ mediaType: undefined }), manifests: [] }, mediaType)._unsafeUnwrapErr().message).toContain('manifests stands beside layers');
      expect(parse({ ...anIndex({ mediaType: undefined }), config: aDescriptor() }, mediaType)._unsafeUnwrapErr().message).toContain('manifests stands beside layers');
    }
  });

  it.each([
    ['Docker schema 1 by its version', { schemaVersion: 1 }, mediaTypes.ociManifest],
    ['Docker schema 1 by its type', {}, mediaTypes.dockerSchema1Signed],
    ['an unknown type', { ...aManifest({ mediaType: undefined }) }, 'text/html'],
    ['an artifact manifest', { ...aManifest({ mediaType: 'application/vnd.oci.artifact.manifest.v1+json' }) }, 'application/vnd.oci.artifact.manifest.v1+json'],
    ['a digest that cannot be verified', aManifest({ layers: [aDescriptor({ digest: 'blake3:abc' })] }), mediaTypes.ociManifest],
    ['a subject whose digest cannot be verified', aManifest({ subject: aDescriptor({ digest: `sha384:${'0'.repeat(96)}` }) }), mediaTypes.ociManifest],
  ])('says that it cannot do with %s', (_, document, mediaType) => {
    expect(parse(document, mediaType)._unsafeUnwrapErr().code).toBe('manifest_unsupported');
  });

  it('refuses what has more than 4 MiB, and reads what has not', () => {
    const ofSize = (size: number): Buffer => {
      const frame = JSON.stringify(aManifest({ annotations: { x: '' } }));
      return Buffer.from(frame.replace('"x":""', `"x":"${'y'.repeat(size - frame.length)}"`));
    };
    expect(parse(ofSize(maxManifestBytes)).isOk()).toBe(true);
    expect(parse(ofSize(maxManifestBytes + 1))._unsafeUnwrapErr()).toMatchObject({ code: 'manifest_too_large', expected: maxManifestBytes, actual: maxManifestBytes + 1 });
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a list', Buffer.from('[]')],
    ['null', Buffer.from('null')],
    ['a text', Buffer.from('"x"')],
    ['half of a document', bytesOf(aManifest()).subarray(0, 100)],
    ['a byte order mark before the document', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytesOf(aManifest())])],
    ['what is not UTF-8', Buffer.from(JSON.stringify(aManifest({ annotations: { a: 'ÿ' } })), 'latin1')],
    ['more behind the document', Buffer.concat([bytesOf(aManifest()), Buffer.from('{}')])],
    ['a deep nest', Buffer.from('['.repeat(1_000_000))],
    ['a deep nest of objects', Buffer.from('{"a":'.repeat(500_000))],
  ])('refuses %s', (_, bytes) => {
    expect(parse(bytes)._unsafeUnwrapErr().code).toBe('document_invalid');
  });

  it('never throws, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array().map(Buffer.from), fc.json().map((text) => Buffer.from(text)), spoiled(manifestArbitrary), spoiled(indexArbitrary)), fc.constantFrom(...Object.values(mediaTypes), '', 'x'), (bytes, mediaType) => {
        const result = parse(bytes, mediaType);
        if (result.isErr()) expect(result.error.message).not.toMatch(/[\n\r]/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('what an entry of an index is', () => {
  const descriptor = (more: object): Descriptor => ({ mediaType: mediaTypes.ociManifest, digest: digestOf('x'), size: 1, ...more });

  it('an attestation by its annotation or its platform', () => {
    expect(isAttestation(descriptor({ annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } }))).toBe(true);
    expect(isAttestation(descriptor({ platform: { os: 'unknown', architecture: 'unknown' } }))).toBe(true);
    for (const image of [{}, { platform: { os: 'linux', architecture: 'amd64' } }, { platform: { os: 'linux', architecture: 'unknown' } }, { annotations: { 'vnd.docker.reference.type': 'x' } }]) expect(isAttestation(descriptor(image))).toBe(false);
  });

  it('a foreign layer or a configuration by its type', () => {
    for (const type of ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', 'application/vnd.oci.image.layer.nondistributable.v1.tar', 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip']) expect(isForeignLayerType(type)).toBe(true);
    for (const type of [mediaTypes.ociLayer, mediaTypes.dockerLayerGzip, 'x/nondistributable']) expect(isForeignLayerType(type)).toBe(false);
    expect([mediaTypes.ociConfig, mediaTypes.dockerConfig, mediaTypes.ociEmpty].map(isConfigType)).toEqual([true, true, false]);
  });
});
