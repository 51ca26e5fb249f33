import { pushImage, pushReferrer } from '@davit/registry-server';
import { afterEach, describe, expect, it } from 'vitest';
import { runProgram } from '../../src/usage/program.js';
import { fakeProcess } from '../surroundings.js';
import { closeAll, davit, json, multi, serve } from './image-commands.js';

afterEach(closeAll);

describe('davit inspect', { timeout: 60_000 }, () => {
  it('shows what an engineer wants to know of an index: platforms, sizes, configuration, layers, referrers, tags of cosign', async () => {
    const staging = await serve();
    const image = await multi(staging);
    const signature = await pushReferrer(staging, { repository: 'shop/web', subject: image.built.root, artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json', payload: 'signed' });
    const sbom = await pushReferrer(staging, { repository: 'shop/web', subject: image.manifests[1]!, artifactType: 'application/spdx+json', payload: 'parts' });
    const cosign = `${image.digest.replace(':', '-')}.sig`;
    await staging.store.tag('shop/web', cosign, signature.digest);
    const ofAttestation = `${image.built.attestations[0]!.digest.replace(':', '-')}.sig`;
    await staging.store.tag('shop/web', ofAttestation, signature.digest);
    const { exitCode, document } = await json(['inspect', image.reference]);
    expect(exitCode).toBe(0);
    expect(document).toMatchObject({
      digest: image.digest,
      mediaType: image.mediaType,
      size: image.size,
      kind: 'index',
      annotations: { team: 'shop' },
      platforms: image.manifests.map((manifest) => ({
        digest: manifest.digest,
        size: manifest.config.size + manifest.layers[0]!.size,
        layers: [{ digest: manifest.layers[0]!.digest, size: manifest.layers[0]!.size }],
        config: { digest: manifest.config.digest, created: '2024-01-01T00:00:00Z', user: '1000', entrypoint: ['/app'], command: ['serve', 'all of it'], ports: ['8080/tcp'], labels: { 'org.opencontainers.image.version': '1.0' } },
      })),
      attestations: image.manifests.map(({ digest }) => ({ of: digest })),
      referrers: [{ of: image.digest, digest: signature.digest, type: 'application/vnd.dev.sigstore.bundle.v0.3+json' }, { of: image.manifests[1]!.digest, digest: sbom.digest, type: 'application/spdx+json' }],
      cosignTags: [{ tag: cosign, of: image.digest, digest: signature.digest }, { tag: ofAttestation, of: image.built.attestations[0]!.digest, digest: signature.digest }],
      faults: [],
      notes: [],
    });
    const { out } = await davit(['inspect', image.reference, '--platform', 'linux/s390x']);
    for (const words of [image.reference, `digest     ${image.digest}`, 'index of 1 image and 3 attestations', 'annotated  team=shop', 'linux/s390x', `manifest   ${image.manifests[2]!.digest}`, 'created    2024-01-01 00:00:00Z', 'user       1000', 'runs       /app serve "all of it"', 'in         /srv', 'ports      8080/tcp', 'labels     org.opencontainers.image.version=1.0', 'in 1 layer and the configuration', 'application/vnd.dev.sigstore.bundle.v0.3+json', `${cosign} → ${signature.digest}`]) expect(out).toContain(words);
    expect((await davit(['inspect', image.reference])).out).toMatch(/platforms {2}linux\/amd64 +sha256:\S+ +\S+ \S+ +1 layer\n +linux\/arm64/);
  });

  it('takes one platform of an index, and refuses one that it does not have', async () => {
    const image = await multi(await serve());
    expect(await json(['inspect', image.reference, '--platform', 'linux/arm64/v8'])).toMatchObject({ exitCode: 0, document: { platforms: [{ platform: 'linux/arm64' }] } });
    expect(await json(['inspect', image.reference, '--platform', 'linux/riscv64'])).toMatchObject({ exitCode: 2, document: { error: { code: 'manifest_not_found' } } });
    expect(await json(['inspect', image.reference.replace(/:1\.0$/, ':9')])).toMatchObject({ exitCode: 2, document: { error: { code: 'manifest_not_found' } } });
  });

  it('shows a single image, and an artifact for what it is', async () => {
    const staging = await serve();
    const image = await pushImage(staging, { repository: 'shop/one', tag: '1', files: { a: 'b' } });
    const artifact = await pushReferrer(staging, { repository: 'shop/one', subject: image.built.root, artifactType: 'application/vnd.example.report', payload: 'a report' });
    const single = await davit(['inspect', image.reference]);
    expect(single.out).toMatch(/kind {7}image {2}\(application\/vnd\.oci\.image\.manifest\.v1\+json/);
    expect(single.out).toContain('root (none is set)');
    expect(await json(['inspect', `${staging.host}/shop/one@${artifact.digest}`])).toMatchObject({ exitCode: 0, document: { kind: 'artifact', artifactType: 'application/vnd.example.report', subject: image.digest, platforms: [], layers: [{ size: 8 }] } });
    expect((await davit(['inspect', `${staging.host}/shop/one@${artifact.digest}`])).out).toContain('artifact of the kind application/vnd.example.report, no image');
  });

  it('says on standard error that it waits', async () => {
    const staging = await serve();
    const image = await multi(staging);
    staging.faults.add({ when: { method: 'HEAD', times: 1 }, then: { status: 429, headers: { 'retry-after': '1' } } });
    const { exitCode, out, err } = await davit(['inspect', image.reference]);
    expect([exitCode, out.includes('retry')]).toEqual([0, false]);
    expect(err).toMatch(/ {2}retry {3}.*429.*; again in 1\.0 s/);
  });

  it('tells the images of an index for Windows apart', async () => {
    const staging = await serve();
    const image = await pushImage(staging, { repository: 'shop/windows', platforms: ['linux/amd64'] });
    const { mediaType, digest, size } = image.manifests[0]!;
    const versions = ['10.0.17763.6414', '10.0.20348.2762'];
    const others = await Promise.all(versions.map((version) => staging.store.putManifest('shop/windows', { ...(JSON.parse(image.manifests[0]!.bytes.toString()) as object), annotations: { version } })));
    const entry = (each: { readonly digest: string; readonly size: number }, platform: object): object => ({ mediaType, digest: each.digest, size: each.size, platform });
    const index = await staging.store.putManifest('shop/windows', { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [entry({ digest, size }, { os: 'linux', architecture: 'amd64' }), ...others.map((other, at) => entry(other, { os: 'windows', architecture: 'amd64', 'os.version': versions[at] }))] });
    const reference = `${staging.host}/shop/windows@${index.digest}`;
    expect((await davit(['inspect', reference])).out).toMatch(/windows\/amd64 10\.0\.17763\.6414 +sha256:.*\n +windows\/amd64 10\.0\.20348\.2762 +sha256:/);
    const { document } = await json(['inspect', reference]);
    expect(document['platforms']).toMatchObject([{ platform: 'linux/amd64' }, ...versions.map((osVersion) => ({ platform: 'windows/amd64', osVersion }))]);
    expect((document['platforms'] as object[])[0]).not.toHaveProperty('osVersion');
  });

  it('shows what is wrong with an image, and says what could not be found out', async () => {
    const staging = await serve();
    const image = await multi(staging);
    await staging.store.deleteBlob('shop/web', image.config);
    staging.faults.add({ when: { path: /referrers|manifests\/sha256-/, times: 99 }, then: { status: 403 } });
    const { exitCode, document } = await json(['inspect', image.reference]);
    expect(exitCode).toBe(0);
    expect(document['faults']).toMatchObject([{ code: 'config_missing', severity: 'error', path: 'linux/amd64 config' }]);
    expect((document['notes'] as string[]).length).toBeGreaterThan(0);
    expect((await davit(['inspect', image.reference])).out).toMatch(/✖ linux\/amd64: configuration sha256:\S+ is missing \[config_missing\]/);
  });
});

describe('a label that is a document', () => {
  it('is shown by its beginning, and whole in JSON', async () => {
    const staging = await serve();
    const sbom = 'x'.repeat(3000);
    const image = await pushImage(staging, { repository: 'shop/large', tag: '1.0', platforms: ['linux/amd64'], files: { app: 'one' }, labels: { sbom } });
    const { out } = await davit(['inspect', image.reference]);
    expect(out).toContain(`labels     sbom=${'x'.repeat(500)}… (3.0 kB; all of it: --json)\n`);
    expect(await json(['inspect', image.reference])).toMatchObject({ document: { platforms: [{ config: { labels: { sbom } } }] } });
  });
});

describe('davit validate', { timeout: 60_000 }, () => {
  it('prints what it looked at, and no tick beside a warning', async () => {
    const image = await multi(await serve());
    const { out } = await davit(['validate', image.reference, '--signature', 'off']);
    expect(out).toMatch(/✔ size {7}linux\/amd64 \S+ bytes, linux\/arm64 \S+ bytes, linux\/s390x \S+ bytes; below 1\.0 GB is allowed/);
    expect(out).toMatch(/✔ layers {5}\d+ blobs, \S+ kB; each asked for its size/);
    expect(out).toMatch(/▲ signature\n {6}warning: signatures are not checked: switched off on the command line \[signature_off\]/);
  });

  it('says on standard error that it waits, and with --json too', async () => {
    const staging = await serve();
    const image = await multi(staging);
    for (const words of [[], ['--json']]) {
      staging.faults.add({ when: { method: 'HEAD', times: 1 }, then: { status: 503, headers: { 'retry-after': '1' } } });
      const { exitCode, out, err } = await davit(['validate', image.reference, '--signature', 'off', ...words]);
      expect([exitCode, out.includes('retry')]).toEqual([0, false]);
      expect(err).toMatch(/ {2}start {3}Validate the image\n.* {2}retry {3}.*503.*; again in 1\.0 s/);
    }
  });

  it('says invalid of an image whose manifest is too large or of a kind that nobody can promote', async () => {
    const staging = await serve();
    const image = await multi(staging);
    const large = { schemaVersion: 2, mediaType: image.mediaType, manifests: [], annotations: { padding: 'x'.repeat(4 * 1024 * 1024) } };
    await staging.store.putManifest('shop/web', large, { tags: ['large'] });
    const old = await multi(staging, 'old');
    staging.faults.add({ when: { path: new RegExp(`manifests/(?:old|${old.digest})$`), times: 99 }, then: { sayInstead: { 'content-type': 'application/vnd.docker.distribution.manifest.v1+prettyjws' } } });
    const place = `${staging.host}/shop/web`;
    for (const [reference, code, digest] of [[`${place}:large`, 'manifest_too_large', undefined], [`${place}:old`, 'manifest_unsupported', undefined], [`${place}@${old.digest}`, 'manifest_unsupported', old.digest]] as const) {
      const ended = await json(['validate', reference, '--signature', 'off']);
      expect([reference, ended]).toMatchObject([reference, { exitCode: 1, document: { outcome: 'invalid', checks: [{ check: 'manifest', findings: [{ code, severity: 'error' }] }] } }]);
      expect(ended.document).not.toHaveProperty('error');
      if (digest !== undefined) expect(ended.document).toMatchObject({ digest, image: `${place}@${digest}` });
      expect((await davit(['validate', reference, '--signature', 'off'])).out).toMatch(new RegExp(`^✖ invalid  .*\\n(?:.*\\n)?  ✖ manifest\\n      .* \\[${code}\\]\\n$`));
    }
  });

  it('that was interrupted is run again, not resumed', async () => {
    const staging = await serve();
    const image = await multi(staging);
    for (const name of ['validate', 'inspect']) {
      staging.faults.add({ when: { path: /manifests/ }, then: { stall: true } });
      staging.requests.clear();
      const here = fakeProcess([name, image.reference, '--json']);
      const running = runProgram(here);
      await staging.requests.until(({ path }) => path.includes('manifests'));
      here.stop('SIGTERM');
      expect([name, await running]).toEqual([name, 143]);
      expect(JSON.parse(here.out())).toMatchObject({ error: { code: 'interrupted', remedy: 'Run the same command again: nothing that is done is done twice.' }, exitCode: 143 });
      expect(here.err()).not.toContain('resume');
      staging.faults.clear();
    }
  });

  it('tells whoever is to try again to run the same command, which has nothing to resume', async () => {
    const staging = await serve();
    const image = await multi(staging);
    staging.faults.add({ when: { times: 999 }, then: { status: 503, headers: { 'retry-after': '0' } } });
    const ended = await json(['validate', image.reference, '--signature', 'off']);
    expect(ended).toMatchObject({ exitCode: 1, document: { outcome: 'indeterminate', error: { code: 'registry_unavailable', remedy: expect.stringContaining('run the same command again') as string } } });
    expect(ended.err).toContain('run the same command again');
    const inspected = await davit(['inspect', image.reference]);
    expect(inspected.err).toContain('run the same command again');
    expect(`${ended.err}${inspected.err}`).not.toContain('resume');
  });

  it('ticks nothing that it could not look at, and claims no layer read where it stopped before', async () => {
    const staging = await serve();
    const image = await pushImage(staging, { repository: 'shop/web', tag: '1', files: { app: 'web' } });
    const words = ['validate', image.reference, '--signature', 'off', '--level', 'content', '--all'];
    expect((await davit(words)).out).toMatch(/✔ layers .*; every layer read\n/);
    await staging.store.deleteBlob('shop/web', image.config);
    const { exitCode, out } = await davit(words);
    expect(exitCode).toBe(1);
    expect(out).not.toContain('every layer read');
    expect(out).not.toMatch(/✔ (?:layers|metadata)/);
    expect(out).toContain('could look at');
  });

  it('reads every layer where that is asked for', async () => {
    const staging = await serve();
    const image = await multi(staging);
    expect(await json(['validate', image.reference, '--signature', 'off', '--level', 'content'])).toMatchObject({ exitCode: 0, document: { outcome: 'valid', level: 'content' } });
    const broken = await pushImage(staging, { repository: 'shop/broken', tag: '1', layers: [Buffer.from('this is no archive')] });
    expect(await json(['validate', broken.reference, '--signature', 'off'])).toMatchObject({ exitCode: 0 });
    expect(await json(['validate', broken.reference, '--signature', 'off', '--level', 'content'])).toMatchObject({ exitCode: 1, document: { outcome: 'invalid', checks: [{}, { findings: [{ code: 'layer_unreadable', path: 'linux/amd64 layers[0]' }] }] } });
  });

  it.each([
    [['--annotation', 'team=shop'], 0, undefined],
    [['--annotation', 'team=other'], 1, 'annotation_differs'],
    [['--max-age', '30d'], 1, 'too_old'],
    [['--max-age', '9000d'], 0, undefined],
    [['--refuse-root'], 0, undefined],
    [['--revision-label', 'commit'], 1, 'revision_missing'],
  ])('checks metadata as it is told: %j', async (words, exitCode, code) => {
    const image = await multi(await serve());
    const ended = await json(['validate', image.reference, '--signature', 'off', ...words]);
    expect(ended.exitCode).toBe(exitCode);
    const findings = (ended.document['checks'] as { findings: { code: string }[] }[]).flatMap((check) => check.findings.map((finding) => finding.code));
    if (code !== undefined) expect(findings).toContain(code);
  });
});
