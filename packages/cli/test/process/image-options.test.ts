import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pushReferrer, type RegistryServerOptions } from '@davit/registry-server';
import { afterEach, describe, expect, it } from 'vitest';
import { closeAll, davit, json, multi, newDirectory, serve, type Document } from './image-commands.js';

afterEach(closeAll);

describe('davit copy', { timeout: 60_000 }, () => {
  it('copies some platforms as a new index, and says so', async () => {
    const [staging, production] = [await serve(), await serve()];
    const image = await multi(staging);
    const words = ['copy', image.reference, `${production.host}/copied:1.0`, '--platform', 'linux/amd64', '--platform', 'linux/arm64'];
    const copied = await json(words);
    expect(copied).toMatchObject({ exitCode: 0, document: { sourceDigest: image.digest, tags: [{ tag: '1.0', changed: true }] } });
    const { digest } = copied.document as { readonly digest: string };
    expect(digest).not.toBe(image.digest);
    expect(await json(['inspect', `${production.host}/copied:1.0`])).toMatchObject({ exitCode: 0, document: { digest, platforms: [{ platform: 'linux/amd64' }, { platform: 'linux/arm64' }], faults: [] } });
    expect((await davit(words)).out).toContain(`made of the chosen platforms of ${image.digest}`);
    expect(await json(['copy', image.reference, `${production.host}/copied:1.0`, '--platform', 'linux/riscv64'])).toMatchObject({ exitCode: 2, document: { error: { code: 'manifest_not_found', message: expect.stringContaining('linux/riscv64') as string } } });
  });

  it('puts more tags than one, and obeys what is said of tags that exist (R21, R22)', async () => {
    const [staging, production] = [await serve(), await serve()];
    const [first, second] = [await multi(staging, '1.0'), await multi(staging, '1.1')];
    const to = `${production.host}/shop/web`;
    expect(await json(['copy', first.reference, `${to}:1.0`, '--tag', 'stable', '--tag', 'stable'])).toMatchObject({ exitCode: 0, document: { tags: [{ tag: '1.0' }, { tag: 'stable', changed: true }] } });
    expect(await json(['copy', first.reference, to, '--tag', 'stable', '--if-tag-exists', 'allow-if-equal'])).toMatchObject({ exitCode: 0, document: { changed: false, tags: [{ tag: 'stable', changed: false }] } });
    for (const policy of ['forbid', 'allow-if-equal']) {
      const words = ['copy', second.reference, `${to}:stable`, '--if-tag-exists', policy];
      production.requests.clear();
      expect(await json(words)).toMatchObject({ exitCode: 1, document: { error: { code: 'tag_conflict' } } });
      const plan = await json([...words, '--dry-run']);
      expect(plan).toMatchObject({ exitCode: 1, document: { dryRun: true, tags: [{ tag: 'stable', action: 'conflict', previous: first.digest }] } });
      expect((await davit([...words, '--dry-run'])).out).toContain(`stable: exists and names ${first.digest}; --if-tag-exists forbids to put it`);
      expect(production.requests.count({ method: ['POST', 'PUT', 'PATCH'] })).toBe(0);
    }
    expect(await json(['copy', first.reference, `${to}:1.0`, '--if-tag-exists', 'forbid'])).toMatchObject({ exitCode: 1, document: { error: { code: 'tag_conflict' } } });
    const moved = await davit(['copy', second.reference, `${to}:stable`, '--if-tag-exists', 'allow-move']);
    expect(moved).toMatchObject({ exitCode: 0 });
    expect(moved.out).toContain(`stable: names it now; it named ${first.digest} before`);
  });

  it('plans without changing anything: what is sent, mounted, there already, and put', async () => {
    const [staging, production] = [await serve(), await serve()];
    const image = await multi(staging);
    await pushReferrer(staging, { repository: 'shop/web', subject: image.built.root, artifactType: 'application/vnd.example.signature', payload: 'signed' });
    const to = `${production.host}/shop/web`;
    const plan = await davit(['copy', image.reference, `${to}:1.0`, '--dry-run']);
    expect(plan).toMatchObject({ exitCode: 0, err: '' });
    expect(plan.out).toMatch(/send {7}\S+ \S+ in 12 blobs/);
    expect(plan.out).toMatch(/sha256:[0-9a-f]{12} .* linux\/amd64 layers\[0\]/);
    expect(plan.out).toMatch(/write {6}8 manifests: linux\/amd64, .*attestation sha256:[0-9a-f]{12}, .*referrer application\/vnd\.example\.signature/);
    expect(plan.out).toContain('referrers  1 signature or attestation');
    expect(plan.out).toContain('1.0: is new');
    expect(production.requests.count({ method: ['POST', 'PUT', 'PATCH'] })).toBe(0);
    expect((await davit(['copy', image.reference, `${to}:1.0`])).exitCode).toBe(0);
    const again = await davit(['copy', image.reference, `${to}:1.0`, '--dry-run']);
    expect(again.out).toContain(`${to}, which has it`);
    expect(again.out).toContain('no blob');
    expect(again.out).toContain('1.0: names it already');
    expect((await davit(['copy', `${to}:1.0`, `${production.host}/again`])).out).toMatch(/done {4}Copy the image: 12 blobs mounted/);
    expect((await davit(['copy', `${to}:1.0`, `${production.host}/other`, '--dry-run'])).out).toMatch(/mount {6}\S+ \S+ in 12 blobs, taken over within the registry/);
  });

  it('says in the document of a plan why the copy would fail, and with which code', async () => {
    const [staging, production] = [await serve(), await serve()];
    const [first, second] = [await multi(staging, '1.0'), await multi(staging, '1.1')];
    const to = `${production.host}/shop/web`;
    await davit(['copy', first.reference, `${to}:stable`]);
    const plan = await json(['copy', second.reference, `${to}:stable`, '--if-tag-exists', 'allow-if-equal', '--dry-run']);
    expect(plan).toMatchObject({ exitCode: 1, document: { dryRun: true, image: `${to}@${second.digest}`, tags: [{ tag: 'stable', action: 'conflict' }], error: { code: 'tag_conflict', message: expect.stringContaining(`stable, which names ${first.digest}`) as string }, exitCode: 1 } });
  });

  it('repairs a target that lost a layer, which a copy without --repair does not look for', async () => {
    const [staging, production] = [await serve(), await serve()];
    const image = await multi(staging);
    const words = ['copy', image.reference, `${production.host}/shop/web:1.0`];
    expect((await davit(words)).exitCode).toBe(0);
    await production.store.deleteBlob('shop/web', image.layers[0]!);
    expect(await json(words)).toMatchObject({ exitCode: 0, document: { blobs: { copied: 0 }, present: true } });
    expect(await json([...words, '--repair'])).toMatchObject({ exitCode: 0, document: { blobs: { copied: 1 } } });
    expect(await json(['validate', `${production.host}/shop/web:1.0`, '--signature', 'off'])).toMatchObject({ exitCode: 0 });
  });

  it('has a line for each blob and for each retry where there is no terminal', async () => {
    const [staging, production] = [await serve(), await serve()];
    const image = await multi(staging);
    production.faults.add({ when: { method: 'POST', times: 1 }, then: { status: 503, headers: { 'retry-after': '1' } } });
    const { exitCode, out } = await davit(['copy', image.reference, `${production.host}/shop/web:1.0`, '--no-referrers', '--parallel', '1']);
    expect(exitCode).toBe(0);
    const lines = out.split('\n');
    expect(lines.filter((line) => / {2}blob {4}sha256:[0-9a-f]{12}: .* copied/.test(line))).toHaveLength(10);
    expect(lines.filter((line) => / {2}retry {3}127\.0\.0\.1:\d+\/shop\/web: .*503.*; again in 1\.0 s \(attempt 1 of \d\)/.test(line))).toHaveLength(1);
  });

  it('says that it waits before there is anything to copy, and also for a plan', async () => {
    const [staging, production] = [await serve(), await serve()];
    const image = await multi(staging);
    for (const dry of [[], ['--dry-run']]) {
      staging.faults.add({ when: { method: 'HEAD', times: 1 }, then: { status: 429, headers: { 'retry-after': '1' } } });
      const { exitCode, out, err } = await davit(['copy', image.reference, `${production.host}/shop/web`, ...dry]);
      expect([exitCode, out.includes('retry')]).toEqual([0, false]);
      expect(err).toMatch(/ {2}start {3}Look up the image\n.* {2}retry {3}127\.0\.0\.1:\d+\/shop\/web: .*429.*; again in 1\.0 s \(attempt 1 of \d\)\n$/);
    }
  });

  it.each([
    [['copy', 'a.example/x:1', 'b.example/x@sha256:' + 'a'.repeat(64), '--platform', 'linux/amd64'], 'digest is not known before'],
    [['copy', 'a.example/x:1', 'b.example/x', '--if-tag-exists', 'forbid'], 'without a tag'],
    [['copy', 'a.example/x:1', 'b.example/x', '--if-tag-exists', 'never'], 'forbid, allow-if-equal, allow-move'],
    [['copy', 'a.example/x:1', 'b.example/x', '--tag', '.hidden'], 'is no tag'],
    [['copy', 'a.example/x:1', 'b.example/x', '--platform', 'amd64'], 'not a platform'],
    [['copy', 'a.example/x:1', 'b.example/x', '--src-cert', 'x.pem'], '--src-cert and --src-key go together'],
    [['copy', 'a.example/x:1', 'b.example/x', '--dst-ca', 'absent.pem'], '--dst-ca: absent.pem cannot be read'],
    [['copy', 'a.example/x:1', 'b.example/x', '--src-password-stdin', '--dst-password-stdin'], 'one password'],
    [['copy', 'a.example/x:1', 'b.example/x', '--src-username', 'ci'], 'give one with --src-password-stdin or in DAVIT_SRC_PASSWORD'],
    [['copy', 'a.example/x:1', 'b.example/x', '--dst-password-stdin'], '--dst-password-stdin wants --dst-username'],
    [['copy', 'a.example/x:1', 'b.example/x', '--dst-username', 'ci', '--dst-password-stdin'], 'standard input is empty'],
    [['copy', 'a.example/x:1', 'b.example/x', '--src-password', 'secret'], 'unknown option'],
    [['validate', 'a.example/x:1', '--max-age', '3 weeks'], '30d, 12h'],
    [['inspect', 'a.example/x:1', '--platform', 'x'], 'not a platform'],
  ])('refuses %j as wrong use', async (words, said) => {
    const { exitCode, err, document } = await json(words);
    expect([exitCode, (document['error'] as Document)['code']]).toEqual([2, 'usage_invalid']);
    expect(err.replace(/\s+/g, ' ')).toContain(said);
  });

  it('refuses a certificate that is none, by the name of its option', async () => {
    const directory = await newDirectory();
    await writeFile(join(directory, 'ca.pem'), 'not a certificate');
    const { exitCode, err } = await davit(['inspect', 'a.example/x:1', '--ca', join(directory, 'ca.pem')]);
    expect([exitCode, err.includes('ca')]).toEqual([2, true]);
  });
});

describe('logins', { timeout: 60_000 }, () => {
  const account = (name: string): RegistryServerOptions => ({ auth: { kind: 'basic', users: [{ name, password: `secret of ${name}` }] } });

  it('are given for each side: by name and standard input, or by the environment; two sides of one host too', async () => {
    const [staging, production] = [await serve(account('reader')), await serve(account('writer'))];
    const image = await multi(staging);
    const words = ['copy', image.reference, `${production.host}/shop/web:1.0`];
    expect(await json(words)).toMatchObject({ exitCode: 1, document: { error: { code: 'registry_unauthorized' } } });
    const both = await json([...words, '--src-username', 'reader', '--src-password-stdin'], { input: 'secret of reader\n', environment: { DAVIT_DST_USERNAME: 'writer', DAVIT_DST_PASSWORD: 'secret of writer' } });
    expect(both).toMatchObject({ exitCode: 0 });
    expect(await json([...words, '--dst-username', 'writer'], { environment: { DAVIT_DST_PASSWORD: 'secret of writer', DAVIT_SRC_USERNAME: 'reader', DAVIT_SRC_PASSWORD: 'secret of reader' } })).toMatchObject({ exitCode: 0, document: { present: true } });
    // A login for a registry by its name serves either side.
    expect(await json(words, { environment: { DAVIT_REGISTRY: staging.host, DAVIT_REGISTRY_USERNAME: 'reader', DAVIT_REGISTRY_PASSWORD: 'secret of reader', DAVIT_DST_USERNAME: 'writer', DAVIT_DST_PASSWORD: 'secret of writer' } })).toMatchObject({ exitCode: 0 });
  });

  it('serve inspect and validate alike, and are never printed', async () => {
    const staging = await serve(account('reader'));
    const image = await multi(staging);
    for (const words of [['inspect', image.reference], ['validate', image.reference, '--signature', 'off']]) {
      const given = await json([...words, '--username', 'reader', '--password-stdin'], { input: 'secret of reader' });
      expect(given).toMatchObject({ exitCode: 0, document: { digest: image.digest } });
      const wrong = await json([...words, '--username', 'reader', '--password-stdin'], { input: 'another secret' });
      expect(wrong.exitCode).toBe(1);
      expect(wrong.out + wrong.err).not.toContain('another secret');
    }
  });
});
