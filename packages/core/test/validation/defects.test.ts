import { describe, expect, it } from 'vitest';
import { checksPolicy, digestOf, validateImage, type Call, type Digest, type Repository, type ValidationLevel } from '@davit/core';
import { buildIndex, memoryRegistry, type BuiltImage, type MemoryRegistry } from '@davit/core/testing';
import { arm64, imageOf, layer, tarOf } from './layers.js';

const staging: Repository = { registry: 'staging.example.com', repository: 'team/app' };
const call: Call = { signal: new AbortController().signal };

async function validate(image: BuiltImage, level: ValidationLevel, spoil: (registry: MemoryRegistry) => void = () => undefined) {
  const registry = memoryRegistry();
  registry.put(staging, image);
  spoil(registry);
  return (await validateImage({ reference: { ...staging, digest: image.digest }, source: registry, policy: checksPolicy({ signature: { off: 'a test' } }), level, collectAll: true }, call))._unsafeUnwrap();
}

type Document = Record<string, unknown>;
interface Defect {
  readonly image: BuiltImage;
  readonly spoil?: (registry: MemoryRegistry) => void;
  /** What is found, and from which level on. */
  readonly code: string;
  readonly level: ValidationLevel;
}

const [one, two] = [layer(), layer(tarOf({ name: 'app', content: 'two' }))];
const good = imageOf([one, two]);
const digestsOf = (image: BuiltImage): readonly Digest[] => [...image.blobs.keys()];
const diffIds = (...ids: readonly string[]) => ({ changeConfig: (config: Document) => ({ ...config, rootfs: { type: 'layers', diff_ids: ids } }) });
const noJson = Buffer.from('this is no JSON');
const cut = one.bytes.subarray(0, one.bytes.length - 12);
const without = (digest: Digest) => (registry: MemoryRegistry) => registry.removeBlob({ ...staging, digest });

/** The table of plain defects that a registry lets in: with each, who finds it. */
const defects: Readonly<Record<string, Defect>> = {
  'diff_ids fewer than layers': { image: imageOf([one, two], diffIds(one.diffId)), code: 'layer_count', level: 'manifest' },
  'diff_ids more than layers': { image: imageOf([one, two], diffIds(one.diffId, two.diffId, one.diffId)), code: 'layer_count', level: 'manifest' },
  'a diff_id that is wrong': { image: imageOf([one, two], diffIds(one.diffId, digestOf('something else'))), code: 'diff_id_differs', level: 'content' },
  'diff_ids swapped': { image: imageOf([one, two], diffIds(two.diffId, one.diffId)), code: 'diff_id_differs', level: 'content' },
  'the size of a layer wrong': { image: imageOf([one, two], { changeManifest: (manifest) => ({ ...manifest, layers: (manifest['layers'] as Document[]).map((descriptor) => ({ ...descriptor, size: 7 })) }) }), code: 'layer_size', level: 'head' },
  'the size of the configuration wrong': { image: imageOf([one], { changeManifest: (manifest) => ({ ...manifest, config: { ...(manifest['config'] as Document), size: 100_000 } }) }), code: 'config_size', level: 'manifest' },
  'the size of a child in the index wrong': { image: buildIndex([good], { changeIndex: (index) => ({ ...index, manifests: (index['manifests'] as Document[]).map((child) => ({ ...child, size: 1 })) }) }), code: 'manifest_size', level: 'manifest' },
  'a layer missing': { image: good, spoil: without(digestsOf(good)[1]!), code: 'layer_missing', level: 'head' },
  'the configuration missing': { image: good, spoil: without(digestsOf(good)[0]!), code: 'config_missing', level: 'manifest' },
  'a child missing': { image: buildIndex([good, imageOf([one], { platform: arm64 })]), spoil: (registry) => registry.removeManifest({ ...staging, digest: good.digest }), code: 'manifest_missing', level: 'manifest' },
  'the platform of the configuration another than that of the index': { image: buildIndex([good], { changeIndex: (index) => ({ ...index, manifests: [{ ...(index['manifests'] as Document[])[0], platform: { os: 'linux', architecture: 's390x' } }] }) }), code: 'platform_differs', level: 'manifest' },
  'a configuration without architecture and os': { image: imageOf([one], { changeConfig: ({ os: _os, architecture: _architecture, ...config }) => config }), code: 'config_invalid', level: 'manifest' },
  'a configuration that is no JSON': {
    image: imageOf([one], { changeManifest: (manifest) => ({ ...manifest, config: { ...(manifest['config'] as Document), digest: digestOf(noJson), size: noJson.length } }) }),
    spoil: (registry) => void registry.putBlob(staging, noJson),
    code: 'config_invalid',
    level: 'manifest',
  },
  'a configuration without rootfs': { image: imageOf([one], { changeConfig: ({ rootfs: _, ...config }) => config }), code: 'config_invalid', level: 'manifest' },
  'a history that does not fit the layers': { image: imageOf([one, two], { changeConfig: (config) => ({ ...config, history: [{ created_by: 'COPY' }, { created_by: 'COPY' }, { created_by: 'COPY' }] }) }), code: 'history_count', level: 'manifest' },
  'an archive that is packed another way than its type says': { image: imageOf([{ ...one, bytes: tarOf({ name: 'etc/release', content: 'one' }) }]), code: 'layer_type_differs', level: 'content' },
  'an archive that was cut': { image: imageOf([{ ...one, bytes: cut }]), code: 'layer_unreadable', level: 'content' },
  'no archive at all': { image: imageOf([{ ...layer(Buffer.from('not an archive, but a text'), 'none') }]), code: 'layer_unreadable', level: 'content' },
};

const depth: readonly ValidationLevel[] = ['manifest', 'head', 'content'];

describe('the plain defects that registries let in (R37–R45)', () => {
  it('are eighteen, of which thirteen are seen without reading a layer', () => {
    expect(Object.keys(defects)).toHaveLength(18);
    expect(Object.values(defects).filter(({ level }) => level !== 'content')).toHaveLength(13);
  });

  it.each(Object.entries(defects))('%s', async (_name, { image, spoil, code, level }) => {
    for (const looked of depth) {
      const report = await validate(image, looked, spoil);
      const errors = report.checks.flatMap(({ findings }) => findings).filter(({ severity }) => severity === 'error');
      const found = depth.indexOf(looked) >= depth.indexOf(level);
      expect([looked, report.outcome, errors.some((finding) => finding.code === code)]).toEqual([looked, found ? 'invalid' : 'valid', found]);
      expect(errors.every(({ path, message }) => path !== '' && message !== '')).toBe(true);
      expect(report.checks.every(({ error }) => error === undefined || error.code !== 'check_inconclusive')).toBe(true);
    }
  });

  it('are seen also in a layer of which the first platform tells the truth', async () => {
    const lying = imageOf([one], { platform: arm64, changeManifest: (manifest) => ({ ...manifest, layers: (manifest['layers'] as Document[]).map((descriptor) => ({ ...descriptor, size: 999 })) }) });
    for (const level of ['head', 'content'] as const) expect(await validate(buildIndex([good, lying]), level)).toMatchObject({ outcome: 'invalid', checks: [{}, { findings: [{ code: 'layer_size', path: 'linux/arm64/v8 layers[0]' }] }, {}, {}] });
  });

  it('are not seen where there is none, at any level', async () => {
    const index = buildIndex([good, imageOf([one], { platform: arm64 })], { attestations: true });
    for (const level of depth) {
      const { outcome, checks } = await validate(index, level);
      expect([level, outcome, checks.flatMap(({ findings }) => findings.map(({ code }) => code))]).toEqual([level, 'valid', ['signature_off']]);
    }
  });
});
