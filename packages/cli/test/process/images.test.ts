import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pushImage } from '@davit/registry-server';
import { afterEach, describe, expect, it } from 'vitest';
import { newStage, type Stage } from './davit.js';

let stage: Stage;
afterEach(() => stage.end());

describe('davit copy', { timeout: 120_000 }, () => {
  it('copies an image with its platforms, by digest and then by tag, and sends nothing twice (R97, R16)', async () => {
    stage = await newStage();
    const { staging, production, json, davit } = stage;
    const image = await pushImage(staging, { repository: 'shop/multi', tag: '2.0', platforms: ['linux/amd64', 'linux/arm64'], attestations: true });
    const to = `${production.host}/copied/multi`;

    const dry = await json('copy', image.reference, to, '--dry-run');
    expect(dry).toMatchObject({ exitCode: 0, document: { dryRun: true, present: false, image: `${to}@${image.digest}`, digest: image.digest } });
    expect(dry.document).not.toHaveProperty('error');
    expect(production.requests.count({ method: ['POST', 'PUT'] })).toBe(0);

    const first = await json('copy', image.reference, to);
    expect(first).toMatchObject({ exitCode: 0, document: { image: `${to}@${image.digest}`, digest: image.digest, changed: true, tags: [], present: false } });
    expect(production.requests.count({ method: 'PUT', path: /\/manifests\/2\.0/ })).toBe(0);

    production.requests.clear();
    const second = await davit('copy', image.digestReference, `${to}:2.0`);
    expect(second).toMatchObject({ exitCode: 0, err: '' });
    expect(second.out).toContain('Copy the image: there already');
    expect(second.out).toContain(`${to}@${image.digest}`);
    expect(production.requests.count({ method: 'POST' })).toBe(0);
    expect(production.requests.matching({ method: 'PUT' }).map(({ path }) => path)).toEqual(['/v2/copied/multi/manifests/2.0']);

    // Whoever moves a tag is told what it named before.
    const other = await pushImage(staging, { repository: 'shop/multi', tag: '2.1' });
    expect(await json('copy', other.reference, `${to}:2.0`)).toMatchObject({ exitCode: 0, document: { tags: [{ tag: '2.0', previous: image.digest, changed: true }] } });
    // It needs no configuration and writes none of its own.
    expect(await readdir(stage.directory)).toEqual(['davit.config.mjs', 'hosts']);
  });

  it('puts nothing when the same is copied under the same tag again, and asks two things a side', async () => {
    stage = await newStage();
    const { staging, production, inProcess } = stage;
    const words = ['copy', `${staging.host}/shop/web:1.4.1`, `${production.host}/again/web:1.4.1`, '--no-referrers'];
    expect(await inProcess(...words)).toMatchObject({ exitCode: 0, document: { changed: true } });
    for (const side of [staging, production]) side.requests.clear();
    expect(await inProcess(...words)).toMatchObject({ exitCode: 0, document: { changed: false, tags: [{ tag: '1.4.1', changed: false }] } });
    expect(staging.requests.lines().map((line) => line.split(' ')[0])).toEqual(['HEAD']);
    expect(production.requests.lines().map((line) => line.split(' ')[0])).toEqual(['HEAD', 'HEAD']);
    // Another tag for what is there: one question, one put.
    for (const side of [staging, production]) side.requests.clear();
    expect(await inProcess(...words.slice(0, 2), `${production.host}/again/web:stable`, '--no-referrers')).toMatchObject({ exitCode: 0 });
    expect(staging.requests.lines().map((line) => line.split(' ')[0])).toEqual(['HEAD', 'GET']);
    expect(production.requests.lines().map((line) => line.split(' ')[0])).toEqual(['HEAD', 'PUT']);
  });

  it.each([
    [['a/UPPER:1', 'x.example/app'], 2, 'reference_invalid'],
    [['STAGING/shop/web:nope', 'PRODUCTION/shop/web'], 2, 'manifest_not_found'],
    [['STAGING/shop/web:1.4.1', 'STAGING/shop/web'], 2, 'usage_invalid'],
    [['STAGING/shop/web:1.4.1', `PRODUCTION/shop/web@sha256:${'0'.repeat(64)}`], 2, 'usage_invalid'],
    [['STAGING/shop/web:1.4.1', '127.0.0.1:1/shop/web'], 1, 'registry_unreachable'],
    [['no-such-host.invalid/shop/web:1', 'PRODUCTION/shop/web'], 1, 'registry_unreachable'],
  ] as const)('%j ends with %i and %s', async (words, exitCode, code) => {
    stage = await newStage();
    const named = words.map((word) => word.replace('STAGING', stage.staging.host).replace('PRODUCTION', stage.production.host));
    const ended = await stage.inProcess('copy', ...named);
    expect(ended).toMatchObject({ exitCode, document: { error: { code }, exitCode } });
    expect(ended.err).not.toMatch(/\n\s+at /);
  });

  it('speaks TLS to whatever is not on a loopback address, unless it is told otherwise for that side (item 9)', async () => {
    stage = await newStage();
    const { staging, production, inProcess } = stage;
    // Every address of this machine: no loopback address by its name, and the same server.
    const elsewhere = (host: string): string => host.replace('127.0.0.1', '0.0.0.0');
    const words = ['copy', `${elsewhere(staging.host)}/shop/web:1.4.1`, `${elsewhere(production.host)}/plain`];
    for (const plain of [[], ['--dst-plain-http']]) expect(await inProcess(...words, ...plain)).toMatchObject({ exitCode: 1, document: { error: { code: expect.stringMatching(/^registry_/) as string } } });
    expect(staging.requests.count()).toBe(0);
    expect(await inProcess(...words, '--src-plain-http')).toMatchObject({ exitCode: 1 });
    expect(staging.requests.count()).toBeGreaterThan(0);
    expect(production.requests.count()).toBe(0);
    expect(await inProcess(...words, '--src-plain-http', '--dst-plain-http')).toMatchObject({ exitCode: 0 });
    expect(await inProcess(...words, '--plain-http')).toMatchObject({ exitCode: 0, document: { changed: false } });
    const validated = ['validate', words[1]!, '--signature', 'off'];
    expect(await inProcess(...validated)).toMatchObject({ exitCode: 1, document: { outcome: 'indeterminate' } });
    expect(await inProcess(...validated, '--plain-http')).toMatchObject({ exitCode: 0 });
  });

  it('says where a copy was stopped, and goes on from there', async () => {
    stage = await newStage();
    const { staging, production, start, json } = stage;
    const image = await pushImage(staging, { repository: 'shop/big', tag: '1', layers: [Buffer.alloc(300_000, 1), Buffer.alloc(200_000, 2)] });
    production.faults.add({ when: { method: 'PUT', path: /manifests/ }, then: { stall: true } });
    const copying = start(['copy', image.reference, `${production.host}/shop/big:1`, '--json']);
    await production.requests.until(({ method, path }) => method === 'PUT' && path.includes('manifests'));
    copying.child.kill('SIGINT');
    const ended = await copying.ended;
    expect(ended.exitCode).toBe(130);
    expect(JSON.parse(ended.out)).toMatchObject({ error: { code: 'interrupted', message: expect.stringContaining('only what is left') as string, remedy: 'Run the same command again: nothing that is done is done twice.' } });
    expect(ended.err).toContain('Ctrl-C: stopping. Once more ends this process at once.');
    production.faults.clear();
    expect(await json('copy', image.reference, `${production.host}/shop/big:1`)).toMatchObject({ exitCode: 0 });
  });
});

describe('davit validate', { timeout: 120_000 }, () => {
  it('says valid with exit code 0, and what it looked at (R97, R49)', async () => {
    stage = await newStage();
    const { json, davit, reference, images, staging } = stage;
    const valid = await json('validate', reference('1.4.1'), '--signature', 'off', '--platform', 'linux/amd64');
    expect(valid).toMatchObject({ exitCode: 0, document: { outcome: 'valid', image: images['1.4.1']!.digestReference, digest: images['1.4.1']!.digest, level: 'head', checks: [{ check: 'size' }, { check: 'layers' }, { check: 'metadata' }, { check: 'signature' }] } });
    staging.requests.clear();
    expect(await davit('validate', reference('1.4.1'), '--signature', 'off', '--level', 'manifest')).toMatchObject({ exitCode: 0, out: expect.stringContaining('✔ valid') as string });
    expect(staging.requests.count({ method: 'HEAD', path: /blobs/ })).toBe(0);
  });

  it('names the switch where no signature policy was given (G12)', async () => {
    stage = await newStage();
    const { json, davit, reference } = stage;
    expect(await json('validate', reference('1.4.1'))).toMatchObject({ exitCode: 1, document: { outcome: 'indeterminate', remedy: expect.stringContaining('--signature off') as string } });
    expect((await davit('validate', reference('1.4.1'))).out).toContain('--signature off');
  });

  it.each([
    [['--max-size', '100'], 'size', 'image_too_large'],
    [['--platform', 'linux/s390x'], 'metadata', 'platform_missing'],
    [['--label', 'team=shop'], 'metadata', 'label_missing'],
  ])('says invalid with exit code 1: %j', async (words, check, _code) => {
    stage = await newStage();
    const { inProcess, reference } = stage;
    const invalid = await inProcess('validate', reference('1.4.1'), '--signature', 'off', ...words);
    expect(invalid).toMatchObject({ exitCode: 1, document: { outcome: 'invalid' } });
    const checks = invalid.document['checks'] as { check: string; findings: { severity: string }[] }[];
    expect(checks.at(-1)).toMatchObject({ check, findings: [{ severity: 'error' }] });
  });

  it('says invalid where a layer is missing, and indeterminate where nothing can be known', async () => {
    stage = await newStage();
    const { inProcess, reference, images, staging } = stage;
    staging.faults.add({ when: { path: new RegExp(images['1.4.2']!.layers[0]!), times: 99 }, then: { status: 404 } });
    expect(await inProcess('validate', reference('1.4.2'), '--signature', 'off')).toMatchObject({ exitCode: 1, document: { outcome: 'invalid' } });
    expect(await inProcess('validate', reference('9.9.9'), '--signature', 'off')).toMatchObject({ exitCode: 1, document: { outcome: 'indeterminate', image: null, digest: null, error: { code: 'manifest_not_found' } } });
  });

  it.each([
    [['bad:ref:erence', '--signature', 'off'], 'reference_invalid'],
    [['a:1', '--max-size', '1G'], 'usage_invalid'],
    [['a:1', '--platform', 'linux'], 'usage_invalid'],
    [['a:1', '--label', 'team'], 'usage_invalid'],
  ])('refuses %j as wrong use', async (words, code) => {
    stage = await newStage();
    expect(await stage.inProcess('validate', ...words)).toMatchObject({ exitCode: 2, document: { error: { code } } });
  });
});

describe('bad input', { timeout: 120_000 }, () => {
  it.each([
    [['promote', 'Bad Ref', '--to', 'production'], 2, 'reference_invalid'],
    [['promote', '127.0.0.1:1/shop/web:1', '--to', 'production'], 1, 'registry_unreachable'],
    [['promote', 'STAGING/shop/web:9', '--to', 'production'], 2, 'manifest_not_found'],
    [['plan', 'STAGING/shop/web:9', '--to', 'production'], 2, 'manifest_not_found'],
    [['promote', '--to', 'prod'], 2, 'environment_unknown'],
    [['history', '--to', 'prod'], 2, 'environment_unknown'],
    [['promote', 'other=STAGING/shop/web:1.4.1', '--to', 'production'], 2, 'usage_invalid'],
    [['promote', '--to', 'production', '--config', 'absent.ts'], 2, 'configuration_unreadable'],
    [['status', '01JB2C3D4E5F6G7H8JKMNPQRST'], 2, 'promotion_unknown'],
    [['resume', '01JB2C3D4E5F6G7H8JKMNPQRST'], 2, 'promotion_unknown'],
    [['approve', '01JB2C3D4E5F6G7H8JKMNPQRST'], 2, 'promotion_unknown'],
    [['cancel', '../../etc/passwd'], 2, 'promotion_unknown'],
    [['rollback', '--to', 'production'], 1, 'previous_missing'],
    [['rollback', '--to', 'production', '--promotion', 'x'], 1, 'previous_missing'],
  ] as const)('%j ends with %i and %s, one document, and nothing written', async (words, exitCode, code) => {
    stage = await newStage();
    const ended = await stage.inProcess(...words.map((word) => word.replace('STAGING', stage.staging.host)));
    expect(ended).toMatchObject({ exitCode, document: { error: { code, message: expect.any(String) as string, remedy: expect.any(String) as string }, exitCode } });
    expect(ended.err).toContain(`[${code}]`);
    expect(ended.err).not.toMatch(/\n\s+at /);
    expect(await readdir(stage.directory)).toEqual(['davit.config.mjs', 'hosts']);
  });

  it('names the environments that there are', async () => {
    stage = await newStage();
    expect((await stage.davit('plan', '--to', 'prod')).err).toContain('there is production');
  });

  it('refuses a journal that was edited by hand, for every command that speaks of it; lists name it', async () => {
    stage = await newStage();
    const { inProcess, directory } = stage;
    await inProcess('promote', '--to', 'production');
    const [id] = await readdir(join(directory, '.davit/promotions'));
    const file = join(directory, '.davit/promotions', id!, '00000005.json');
    const { readFile } = await import('node:fs/promises');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('"at":1', '"at":2'));
    for (const words of [['status', id!], ['status', id!, '--events'], ['status', id!, '--follow'], ['resume', id!]]) {
      expect([words, await inProcess(...words)]).toMatchObject([words, { exitCode: 1, document: { error: { code: 'journal_tampered' } } }]);
    }
    for (const words of [['history'], ['status']]) expect(await inProcess(...words)).toMatchObject({ exitCode: 0, document: { unreadable: [{ id, error: { code: 'journal_tampered' } }] } });
  });
});
