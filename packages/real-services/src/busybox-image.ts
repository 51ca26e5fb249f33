/**
 * Images made without any registry: Debian's static busybox and a few files, given to `docker import` as a tar.
 * @module
 */
import { copyFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from './run.js';
import { tool } from './tools.js';

export interface BusyboxImage {
  /** Absolute paths in the image and what stands in the files; a text that begins with `#!` is made executable. */
  readonly files?: Readonly<Record<string, string>>;
  /** The image's CMD. `['httpd', '-f', '-p', '8080', '-h', '/www']` is a web server. Default `['sleep', '2147483647']`. */
  readonly command?: readonly string[];
  /** HEALTHCHECK as a Dockerfile has it, without the word: `--interval=1s CMD wget -q -O- http://127.0.0.1:8080/`. */
  readonly healthcheck?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Further lines of a Dockerfile, for example `STOPSIGNAL SIGKILL`. */
  readonly changes?: readonly string[];
}

/** Calls `use` with the root file system of the image as a tar, and the Dockerfile lines that go with it. */
export async function withBusyboxRoot<T>(image: BusyboxImage, use: (tar: string, changes: readonly string[]) => Promise<T>): Promise<T> {
  const work = mkdtempSync(join(tmpdir(), 'davit-image-'));
  try {
    const root = join(work, 'root');
    for (const folder of ['bin', 'etc', 'tmp', 'www']) mkdirSync(join(root, folder), { recursive: true });
    chmodSync(join(root, 'tmp'), 0o1777);
    copyFileSync(tool('busybox'), join(root, 'bin/busybox'));
    chmodSync(join(root, 'bin/busybox'), 0o755);
    const { stdout } = await run(tool('busybox'), ['--list']);
    for (const applet of stdout.split('\n')) {
      const link = join(root, 'bin', applet);
      if (applet !== '' && !existsSync(link)) symlinkSync('busybox', link);
    }
    const files = { '/etc/passwd': 'root:x:0:0:root:/:/bin/sh\n', '/etc/group': 'root:x:0:\n', ...image.files };
    for (const [path, text] of Object.entries(files)) {
      const file = join(root, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      if (text.startsWith('#!')) chmodSync(file, 0o755);
    }
    const tar = join(work, 'root.tar');
    await run(tool('tar'), ['--numeric-owner', '--owner=0', '--group=0', '--sort=name', '-C', root, '-cf', tar, '.']);
    const changes = [
      `CMD ${JSON.stringify(image.command ?? ['sleep', '2147483647'])}`,
      ...(image.healthcheck === undefined ? [] : [`HEALTHCHECK ${image.healthcheck}`]),
      ...Object.entries(image.labels ?? {}).map(([key, value]) => `LABEL ${key}=${JSON.stringify(value)}`),
      ...Object.entries(image.env ?? {}).map(([key, value]) => `ENV ${key}=${JSON.stringify(value)}`),
      ...(image.changes ?? []),
    ];
    return await use(tar, changes);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
