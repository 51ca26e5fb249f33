/**
 * Pulling: every digest is verified, and no layer writes outside of its directory (R51–R53).
 * @module
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { HostFailure, HostRelease } from '@davit/core';
import { tar, type PushImageOptions } from '@davit/registry-server';
import { pack, type Headers } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { imageCommand } from '../src/image-command.js';
import { unpackLayer } from '../src/unpack.js';
import { application, by, fixture, host, must, refused, type Fixture } from './fixture.js';

let f: Fixture;
beforeEach(async () => {
  f = await fixture();
});
afterEach(async () => {
  await f.dispose();
});

async function pull(image: string): Promise<{ readonly error?: HostFailure; readonly root: string; readonly left: readonly string[] }> {
  const deployer = f.deployer();
  const release: HostRelease = f.release(image);
  const lock = await must(deployer.lock(host, by('p')));
  const result = await deployer.pull(host, release, [], by('p'));
  await lock.release();
  const images = join(f.directory, 'host', 'images');
  return { ...(result.isErr() ? { error: result.error } : {}), root: join(images, image.slice(image.indexOf('@') + 1).replace(':', '-'), 'root'), left: await readdir(images).catch(() => []) };
}

/** An archive with any entries at all, also such as no builder would make. */
async function archive(entries: readonly (Headers & { readonly content?: string })[]): Promise<Buffer> {
  const packed = pack();
  for (const { content, ...header } of entries) packed.entry(header, content ?? '');
  packed.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of packed) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('an image', () => {
  it('is unpacked layer over layer, with modes, and what a layer removes is gone', async () => {
    const image = await f.image('1', {
      layers: [
        { files: { 'app/old.js': 'old', 'app/kept.js': 'below', 'app/dir/a': 'a', 'app/dir/b': 'b' } },
        { files: { 'app/.wh.old.js': '', 'app/dir/.wh..wh..opq': '', 'app/dir/c': 'c', 'app/kept.js': { content: 'above', mode: 0o755 } } },
      ],
    });
    const { error, root } = await pull(image);
    expect(error).toBeUndefined();
    expect(await readdir(join(root, 'app'))).toEqual(['dir', 'kept.js', 'server.js']);
    expect(await readdir(join(root, 'app/dir'))).toEqual(['c']);
    expect(await readFile(join(root, 'app/kept.js'), 'utf8')).toBe('above');
    expect((await stat(join(root, 'app/kept.js'))).mode & 0o777).toBe(0o755);
  });

  it.each<[string, Partial<PushImageOptions>]>([
    ['for several platforms', { platforms: ['linux/amd64', 'linux/arm64', 'linux/s390x'], attestations: true }],
    ['with Docker\'s media types', { format: 'docker' }],
    ['with a layer that is not compressed', { layers: [tar({ 'app/plain.js': 'plain' })] }],
  ])('%s is pulled', async (_, options) => {
    const { error, root } = await pull(await f.image('1', options));
    expect(error).toBeUndefined();
    expect(await readFile(join(root, 'app/server.js'), 'utf8')).toBe(application);
  });

  it('that is there is not asked for again (R51)', async () => {
    const image = await f.image('1');
    await pull(image);
    const before = f.registry.requests.count();
    await pull(image);
    expect(f.registry.requests.count()).toBe(before);
  });

  it('for other platforms only is refused', async () => {
    expect((await pull(await f.image('1', { platforms: ['windows/amd64', 'linux/s390x'] }))).error).toMatchObject({ code: 'pull_failed', changed: false, retryable: false });
  });
});

describe('a registry that sends something else', () => {
  it.each(['blobs', 'manifests'])('is found out by the digest of its %s, and leaves nothing behind', async (kind) => {
    const image = await f.image('1');
    f.registry.faults.add({ when: { path: new RegExp(`/${kind}/`), times: 100 }, then: { flipByteAt: 5 } });
    const { error, left } = await pull(image);
    expect(error).toMatchObject({ code: 'pull_failed', changed: false, host });
    expect(left).toEqual([]);
  });

  it('only once is asked again', async () => {
    const image = await f.image('1');
    f.registry.faults.add({ when: { path: /\/blobs\// }, then: { flipByteAt: 5 } });
    expect((await pull(image)).error).toBeUndefined();
  });

  it('that breaks off is asked again', async () => {
    const image = await f.image('1');
    f.registry.faults.add({ when: { path: /\/blobs\// }, then: { cutAfterBytes: 10 } });
    expect((await pull(image)).error).toBeUndefined();
  });
});

describe('a layer', () => {
  const unpack = async (bytes: Buffer, isGzip = false, limits = { maxBytes: 10_000_000, maxEntries: 1000 }): Promise<{ readonly outside: readonly string[]; readonly digest?: string; readonly fault?: string }> => {
    const top = await mkdtemp(join(tmpdir(), 'davit-unpack-'));
    try {
      const inside = join(top, 'inside');
      await mkdir(inside);
      await writeFile(join(top, 'victim'), 'untouched');
      const pieces = (async function* () { for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000); })();
      const unpacked = await unpackLayer(pieces, isGzip, inside, limits, new AbortController().signal).then((digest) => ({ digest }), (thrown: unknown) => ({ fault: String(thrown) }));
      expect(await readFile(join(top, 'victim'), 'utf8')).toBe('untouched');
      return { ...unpacked, outside: (await readdir(top)).filter((name) => name !== 'inside' && name !== 'victim') };
    } finally {
      await rm(top, { recursive: true });
    }
  };

  it('unpacks to what its digest says, compressed or not', async () => {
    const bytes = await archive([{ name: 'a/b', content: 'x' }]);
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    expect((await unpack(bytes)).digest).toBe(digest);
    expect((await unpack(gzipSync(bytes), true)).digest).toBe(digest);
  });

  it.each<[string, Headers]>([
    ['a path upwards', { name: '../victim' }],
    ['a path that goes down and then up', { name: 'a/../../victim' }],
    ['a directory outside', { name: '../new/', type: 'directory' }],
    ['a backslash', { name: '..\\victim' }],
    ['a whiteout of what is above', { name: '.wh...' }],
    ['a whiteout of a sibling of its directory', { name: '../.wh.victim' }],
    ['a symbolic link', { name: 'link', type: 'symlink', linkname: '..' }],
    ['a hard link', { name: 'link', type: 'link', linkname: '../victim' }],
    ['a device', { name: 'null', type: 'character-device', devmajor: 1, devminor: 3 }],
    ['a pipe', { name: 'pipe', type: 'fifo' }],
  ])('with %s is refused', async (_, header) => {
    const { fault, outside } = await unpack(await archive([{ name: 'ok', content: 'ok' }, { ...header }]));
    expect(fault).toMatch(/the layer (has an entry|removes)/);
    expect(outside).toEqual([]);
  });

  it('with a path from the root stays below its directory', async () => {
    const { fault, outside } = await unpack(await archive([{ name: '/victim', content: 'inside' }, { name: './a/./b', content: 'b' }]));
    expect(fault).toBeUndefined();
    expect(outside).toEqual([]);
  });

  it('that is too large, has too many entries, or is broken is refused', async () => {
    const bomb = gzipSync(tar({ zeros: Buffer.alloc(5_000_000) }));
    expect(bomb.length).toBeLessThan(10_000);
    expect((await unpack(bomb, true, { maxBytes: 100_000, maxEntries: 10 })).fault).toMatch(/larger than 100000/);
    expect((await unpack(await archive([{ name: 'a' }, { name: 'b' }, { name: 'c' }]), false, { maxBytes: 100_000, maxEntries: 2 })).fault).toMatch(/more than 2 entries/);
    expect((await unpack(Buffer.from('neither gzip nor tar'), true)).fault).toBeDefined();
    expect((await unpack(Buffer.alloc(5000, 'x'))).fault).toBeDefined();
    const whole = await archive([{ name: 'a', content: 'x'.repeat(5000) }]);
    expect((await unpack(whole.subarray(0, 3000))).fault).toBeDefined();
  });

  it('that is refused in an image makes the pull fail, once, and leaves nothing behind', async () => {
    const evil = await f.image('1', { layers: [await archive([{ name: 'link', type: 'symlink', linkname: '/etc' }, { name: 'link/passwd', content: 'x' }])] });
    const before = f.registry.requests.count();
    const { error, left } = await pull(evil);
    expect(error).toMatchObject({ code: 'pull_failed', retryable: false, changed: false });
    expect(error?.message).toContain('"link" (symlink)');
    expect(left).toEqual([]);
    expect(f.registry.requests.count() - before).toBeLessThan(8);
  });
});

describe('the command of an image', () => {
  const of = (config: object, entry = 'server.js'): ReturnType<typeof imageCommand> => imageCommand(Buffer.from(JSON.stringify({ config })), entry);

  it.each([
    [{ Cmd: ['node', 'server.js'], WorkingDir: '/app' }, 'app/server.js', []],
    [{ Entrypoint: ['/usr/local/bin/node', '/srv/main.mjs'], Cmd: ['--quiet'] }, 'srv/main.mjs', ['--quiet']],
    [{ Entrypoint: ['index.cjs'], WorkingDir: 'srv' }, 'srv/index.cjs', []],
    [{ Cmd: ['node'] }, 'server.js', []],
    [{}, 'server.js', []],
    [{ Cmd: ['node', '../../outside.js'], WorkingDir: '../..' }, 'outside.js', []],
  ])('%j runs %s', (config, script, parameters) => {
    expect(of(config)).toMatchObject({ script, parameters });
  });

  it('brings its variables, and is none where it is not a Node application', () => {
    expect(of({ Env: ['A=1', 'B=x=y', 'broken', '=c'] })).toMatchObject({ env: { A: '1', B: 'x=y' } });
    expect(of({ Cmd: ['/bin/sh', '-c', 'node server.js'] })).toEqual({ fault: expect.stringContaining('/bin/sh') as string });
    expect(imageCommand(Buffer.from('x'), 'server.js')).toHaveProperty('fault');
  });

  it('that cannot be run is found when it is pinned, before anything is changed', async () => {
    const deployer = f.deployer();
    const release = f.release(await f.image('1', { config: { Cmd: ['python', 'app.py'] } }));
    const lock = await must(deployer.lock(host, by('p')));
    await must(deployer.pull(host, release, [], by('p')));
    expect(await refused(deployer.pin(host, release, by('p')))).toMatchObject({ code: 'pin_failed', service: 'web', changed: false });
    await lock.release();
    expect(existsSync(join(f.directory, 'host', 'pin.json'))).toBe(false);
  });
});
