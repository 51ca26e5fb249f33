import { digestOf, mediaTypes, parseManifest, type Descriptor, type ImageIndex, type RawManifest } from '@davit/core';
import { pushImage, startRegistryServer, type RegistryServer, type RegistryServerOptions } from '@davit/registry-server';
import { describe, expect, it } from 'vitest';
import { fallbackTag } from '../../src/client/index.js';
import { inTurn } from '../../src/client/in-turn.js';
import { adapter, call, closing, errorOf, fakeServer, manifestOf, valueOf } from '../support.js';

const server = async (options: RegistryServerOptions = {}): Promise<RegistryServer> => closing(await startRegistryServer({ referrersApi: false, ...options }));
const repository = 'team/app';
const at = (host: string) => ({ registry: host, repository });
const empty = { mediaType: mediaTypes.ociEmpty, digest: digestOf('{}'), size: 2 };
const subject: Descriptor = { mediaType: mediaTypes.ociManifest, digest: digestOf('the image'), size: 9 };
const tag = fallbackTag(subject.digest);

function referrer(text: string, more: object = { artifactType: 'application/vnd.test' }): RawManifest {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config: empty, layers: [empty], subject, annotations: { text }, ...more }));
  return { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), bytes };
}

async function prepared(options: RegistryServerOptions = {}): Promise<RegistryServer> {
  const registry = await server(options);
  await registry.store.putBlob(repository, Buffer.from('{}'));
  return registry;
}

const listed = (registry: RegistryServer): ImageIndex => {
  const stored = registry.store.manifest(repository, tag);
  if (stored === undefined) throw new Error('there is no list');
  return parseManifest(stored)._unsafeUnwrap() as ImageIndex;
};
const entryOf = ({ digest, bytes }: RawManifest, more: Partial<Descriptor>): Descriptor => ({ mediaType: mediaTypes.ociManifest, digest, size: bytes.length, ...more });

describe('writing a manifest that refers to another', () => {
  it('is all where the registry says that it lists it (OCI-Subject)', async () => {
    const registry = await prepared({ referrersApi: true });
    await valueOf(adapter().writeManifest(at(registry.host), referrer('a'), call()));
    expect(registry.requests.lines()).toHaveLength(1);
    expect(registry.store.tags(repository)).toEqual([]);
  });

  it('adds it to the list under the fallback tag where the registry does not, and reads that back', async () => {
    const registry = await prepared();
    const target = adapter();
    const [first, second] = [referrer('a'), referrer('b')];
    await valueOf(target.writeManifest(at(registry.host), first, call()));
    expect(registry.requests.lines().map((line) => line.replace(/sha256[:-]\w+/, '…').replace(/ \/v2\/team\/app\/manifests/, ''))).toEqual(['PUT/… 201', 'GET/… 404', 'PUT/… 201', 'GET/… 200']);
    await valueOf(target.writeManifest(at(registry.host), second, call()));
    expect(listed(registry).manifests).toEqual([entryOf(first, { artifactType: 'application/vnd.test', annotations: { text: 'a' } }), entryOf(second, { artifactType: 'application/vnd.test', annotations: { text: 'b' } })]);
    expect((await valueOf(target.listReferrers({ ...at(registry.host), digest: subject.digest }, call()))).map(({ digest }) => digest)).toEqual([first.digest, second.digest]);
  });

  it('writes nothing the second time', async () => {
    const registry = await prepared();
    const target = adapter();
    await valueOf(target.writeManifest(at(registry.host), referrer('a'), call()));
    registry.requests.clear();
    await valueOf(target.writeManifest(at(registry.host), referrer('a'), call()));
    expect(registry.requests.matching({ method: 'PUT', path: new RegExp(tag) })).toEqual([]);
  });

  it('takes the kind from the manifest: its artifactType, else the type of its configuration', async () => {
    const registry = await prepared();
    const plain = referrer('a', { config: { ...empty, mediaType: 'application/vnd.example.config' } });
    await valueOf(adapter().writeManifest(at(registry.host), plain, call()));
    expect(listed(registry).manifests[0]).toMatchObject({ artifactType: 'application/vnd.example.config' });
  });

  it('puts right what an earlier writer said wrong of it, and leaves what others wrote', async () => {
    const registry = await prepared();
    const ours = referrer('a');
    const theirs = { mediaType: mediaTypes.ociManifest, digest: digestOf('theirs'), size: 6, 'org.example.unknown': [1, 2] };
    const list = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [entryOf(ours, { artifactType: 'application/a.lie' }), theirs], annotations: { kept: 'yes' } };
    const { digest } = await registry.store.putManifest(repository, list);
    await registry.store.tag(repository, tag, digest);
    await registry.store.putManifest(repository, manifestOf('theirs').bytes);
    // The in-process registry wants every entry to be there.
    registry.faults.add({ when: { method: 'PUT', path: new RegExp(tag) }, then: { status: 404, body: JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN' }] }) } });
    expect((await errorOf(adapter().writeManifest(at(registry.host), ours, call()))).code).toBe('manifest_not_found');

    let stored: Buffer = Buffer.from(JSON.stringify(list));
    const lenient = await fakeServer(async ({ request, body, url, answer }) => {
      const sent = await body();
      if (request.method === 'PUT' && url.pathname.endsWith(tag)) stored = sent;
      if (request.method === 'PUT') answer(201);
      else answer(200, { 'content-type': mediaTypes.ociIndex }, stored);
    });
    await valueOf(adapter().writeManifest(at(lenient.host), ours, call()));
    expect(JSON.parse(stored.toString())).toEqual({ ...list, manifests: [theirs, entryOf(ours, { artifactType: 'application/vnd.test', annotations: { text: 'a' } })] });
  });

  it.each<[string, unknown, readonly unknown[]]>([
    ['entries that cannot be read', [{ digest: 'blake3:abc' }, null, 5], [{ digest: 'blake3:abc' }, null, 5]],
    ['null for a list', null, []],
  ])('adds to %s, and leaves them as they stand', async (_, manifests, kept) => {
    let stored: Buffer = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }));
    const registry = await fakeServer(async ({ request, body, url, answer }) => {
      const sent = await body();
      if (request.method === 'PUT' && url.pathname.endsWith(tag)) stored = sent;
      if (request.method === 'PUT') answer(201);
      else answer(200, { 'content-type': mediaTypes.ociIndex }, stored);
    });
    const ours = referrer('a');
    await valueOf(adapter().writeManifest(at(registry.host), ours, call()));
    expect((JSON.parse(stored.toString()) as { manifests: unknown }).manifests).toEqual([...kept, entryOf(ours, { artifactType: 'application/vnd.test', annotations: { text: 'a' } })]);
  });

  it.each([true, false])('loses nothing when ten write at once, two adapters among them (If-Match obeyed: %s)', async (ifMatch) => {
    const registry = await prepared({ ifMatch });
    const adapters = [adapter(), adapter()];
    const all = Array.from({ length: 10 }, (_, index) => referrer(String(index)));
    await Promise.all(all.map((manifest, index) => valueOf(adapters[index % 2]!.writeManifest(at(registry.host), manifest, call()))));
    expect(listed(registry).manifests.map(({ digest }) => digest).toSorted()).toEqual(all.map(({ digest }) => digest).toSorted());
  });

  it.each([
    ['refuses the stale list with 412', true],
    ['lets another writer replace it', false],
  ])('merges again where the registry %s', async (_, refuses) => {
    const theirs = referrer('theirs');
    const list = (...of: RawManifest[]): Buffer => Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: of.map((manifest) => entryOf(manifest, {})) }));
    let stored = list();
    let puts = 0;
    const conditions: (string | undefined)[] = [];
    const registry = await fakeServer(async ({ request, body, url, answer }) => {
      const sent = await body();
      if (!url.pathname.endsWith(tag)) answer(201);
      else if (request.method !== 'PUT') answer(200, { 'content-type': mediaTypes.ociIndex, etag: `"${String(puts)}"` }, stored);
      else {
        puts += 1;
        conditions.push(request.headers['if-match']);
        // A writer from elsewhere, between our reading and our putting, or right after it.
        if (puts === 1) stored = list(theirs);
        else stored = sent;
        answer(puts === 1 && refuses ? 412 : 201);
      }
    });
    await valueOf(adapter().writeManifest(at(registry.host), referrer('ours'), call()));
    expect((JSON.parse(stored.toString()) as ImageIndex).manifests.map(({ digest }) => digest)).toEqual([theirs.digest, referrer('ours').digest]);
    expect(conditions).toEqual(['"0"', '"1"']);
  });

  it.each(['W/"1"', '1', '"1", "2"'])('sends no condition that could never be met (ETag: %s)', async (etag) => {
    const conditions: unknown[] = [];
    let stored: Buffer = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] }));
    const registry = await fakeServer(async ({ request, body, url, answer }) => {
      const sent = await body();
      if (!url.pathname.endsWith(tag)) answer(201);
      else if (request.method !== 'PUT') answer(200, { 'content-type': mediaTypes.ociIndex, etag }, stored);
      else {
        conditions.push(request.headers['if-match']);
        stored = sent;
        answer(request.headers['if-match'] === undefined ? 201 : 412);
      }
    });
    await valueOf(adapter().writeManifest(at(registry.host), referrer('ours'), call()));
    expect(conditions).toEqual([undefined]);
  });

  it('is an error, and throws nothing, where the list has more levels than can be compared or written', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    for (const manifests of [`[{"digest":${JSON.stringify(referrer('a').digest)},"x":${deep}}]`, `[],"x":${deep}`]) {
      const registry = await fakeServer(async ({ request, body, url, answer }) => {
        await body();
        if (request.method === 'PUT') answer(url.pathname.endsWith(tag) ? 500 : 201);
        else answer(200, { 'content-type': mediaTypes.ociIndex }, `{"schemaVersion":2,"mediaType":"${mediaTypes.ociIndex}","manifests":${manifests}}`);
      });
      expect((await errorOf(adapter().writeManifest(at(registry.host), referrer('a'), call()))).code).toBe('tag_conflict');
      expect((await errorOf(adapter().listReferrers({ ...at(registry.host), digest: subject.digest }, call()))).code).toBe('registry_protocol');
    }
  });

  it('is tag_conflict where an image stands under the tag: it is nobody\'s to be written over', async () => {
    const registry = await prepared();
    const image = await pushImage(registry, { repository });
    await registry.store.tag(repository, tag, image.digest);
    expect(await errorOf(adapter().writeManifest(at(registry.host), referrer('a'), call()))).toMatchObject({ code: 'tag_conflict', tag, retryable: false });
    expect(registry.store.digestOf(repository, tag)).toBe(image.digest);
  });

  it('comes through each passing fault of every request that it takes', async () => {
    for (const method of ['GET', 'PUT']) {
      for (const nth of [1, 2]) {
        for (const then of [{ status: 503 }, { status: 429 }, { reset: true as const }, { loseAnswer: true as const }, { cutAfterBytes: 20 }]) {
          const registry = await prepared();
          registry.faults.add({ when: { method, nth }, then });
          await valueOf(adapter().writeManifest(at(registry.host), referrer('a'), call()));
          expect(listed(registry).manifests).toHaveLength(1);
        }
      }
    }
  });
});

describe('tag', () => {
  it('asks a registry that does not say what the tag names now, and puts it again where it names something else', async () => {
    const wanted = manifestOf('wanted');
    let puts = 0;
    const registry = await fakeServer(async ({ request, body, answer }) => {
      await body();
      if (request.method === 'PUT') {
        puts += 1;
        answer(201);
      } else answer(200, { 'content-type': wanted.mediaType }, puts === 1 ? manifestOf('stale').bytes : wanted.bytes);
    });
    await valueOf(adapter().tag(at(registry.host), 'v1', wanted, call()));
    expect(registry.requests).toEqual(['PUT', 'GET', 'PUT', 'GET'].map((method) => `${method} /v2/team/app/manifests/v1`));
  });
});

describe('inTurn', () => {
  it('lets one after another work, in their order, and different keys side by side', async () => {
    const seen: string[] = [];
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const { signal } = new AbortController();
    const work = (key: string, name: string, until = Promise.resolve()) => inTurn(key, signal, async () => {
      seen.push(`${name} begins`);
      await until;
      seen.push(`${name} ends`);
    });
    const all = [work('x', 'one', gate), work('x', 'two'), work('y', 'other').then(open)];
    await Promise.all(all);
    expect(seen.filter((line) => !line.startsWith('other'))).toEqual(['one begins', 'one ends', 'two begins', 'two ends']);
    expect(seen.indexOf('other begins')).toBeLessThan(seen.indexOf('one ends'));
  });

  it('goes on after a failure, and stops waiting when the signal fires', async () => {
    const stop = new AbortController();
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const failing = inTurn('z', new AbortController().signal, async () => {
      await gate;
      throw new Error('bug');
    });
    const waiting = inTurn('z', stop.signal, () => Promise.resolve('never'));
    stop.abort();
    expect(await waiting).toBeNull();
    const next = inTurn('z', new AbortController().signal, () => Promise.resolve('next'));
    open();
    await expect(failing).rejects.toThrow('bug');
    expect(await next).toBe('next');
  });
});
