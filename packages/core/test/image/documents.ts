/**
 * Documents of the image specification for these tests: good ones, generated, and ways to spoil them.
 * @module
 */
import fc from 'fast-check';
import { digestOf, mediaTypes, parseManifest } from '@davit/core';
import { digestArbitrary } from './reference-grammar.js';

export type Document = Record<string, unknown>;

export const bytesOf = (document: unknown): Buffer => Buffer.from(JSON.stringify(document));
export const parse = (document: unknown, mediaType: string = mediaTypes.ociManifest) => {
  const bytes = document instanceof Uint8Array ? document : bytesOf(document);
  return parseManifest({ bytes, mediaType, digest: digestOf(bytes) });
};

export const aDescriptor = (more: Document = {}): Document => ({ mediaType: mediaTypes.ociLayerGzip, digest: digestOf('layer'), size: 5, ...more });
export const aManifest = (more: Document = {}): Document => ({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: aDescriptor({ mediaType: mediaTypes.ociConfig }), layers: [aDescriptor()], ...more });
export const anIndex = (more: Document = {}): Document => ({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [aDescriptor({ mediaType: mediaTypes.ociManifest, platform: { os: 'linux', architecture: 'amd64' } })], ...more });

/** The document with another value in one of its fields, or without the field where there is no value; `path` as keys and positions. */
export function changed(document: unknown, path: readonly (string | number)[], value?: unknown): Document {
  const copy = structuredClone(document) as Document;
  let parent: Document = copy;
  for (const key of path.slice(0, -1)) parent = parent[key] as Document;
  parent[String(path.at(-1))] = value;
  return copy;
}

const mediaTypeArbitrary = fc.constantFrom(...Object.values(mediaTypes), 'application/example', 'a/b', 'text/x+y.z-1');
const annotationsArbitrary = fc.dictionary(fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'), fc.string(), { maxKeys: 3, noNullPrototype: true });
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
/** Fields that are undefined are absent. */
const compact = <T extends object>(value: T): Document => Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined));

export const platformArbitrary = fc.record({ os: fc.constantFrom('linux', 'windows'), architecture: fc.constantFrom('amd64', 'arm64', 'arm'), variant: optional(fc.constantFrom('v7', 'v8')) }).map(compact);
export const descriptorArbitrary = fc
  .record({ mediaType: mediaTypeArbitrary, digest: digestArbitrary, size: fc.maxSafeNat(), annotations: optional(annotationsArbitrary), artifactType: optional(mediaTypeArbitrary), urls: optional(fc.array(fc.webUrl(), { maxLength: 2 })), platform: optional(platformArbitrary) })
  .map(compact);
const commonParts = { schemaVersion: fc.constant(2), artifactType: optional(mediaTypeArbitrary), subject: optional(descriptorArbitrary), annotations: optional(annotationsArbitrary) };
export const manifestArbitrary = fc.record({ ...commonParts, mediaType: optional(fc.constant(mediaTypes.ociManifest)), config: descriptorArbitrary, layers: fc.array(descriptorArbitrary, { minLength: 1, maxLength: 4 }) }).map(compact);
export const indexArbitrary = fc.record({ ...commonParts, mediaType: optional(fc.constant(mediaTypes.ociIndex)), manifests: fc.array(descriptorArbitrary, { maxLength: 4 }) }).map(compact);

/** Bytes that were a document before something happened to them. */
export const spoiled = (documents: fc.Arbitrary<Document>): fc.Arbitrary<Buffer> =>
  fc.tuple(documents.map(bytesOf), fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }), fc.nat(), fc.boolean()).map(([bytes, flips, cut, cuts]) => {
    for (const [at, value] of flips) bytes[at % bytes.length] = value;
    return cuts ? bytes.subarray(0, cut % bytes.length) : bytes;
  });
