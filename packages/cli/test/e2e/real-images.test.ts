/** The image commands on images that another tool made, in the distribution project's own registry. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findTools, skipWithout, startDockerRegistry, type DockerRegistry } from '@davit/real-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../src/usage/program.js';
import { fakeProcess } from '../surroundings.js';

const run = promisify(execFile);

describe.skipIf(skipWithout('docker-registry', 'skopeo', 'tar'))('images that skopeo made', () => {
  let directory: string;
  let staging: DockerRegistry;
  let production: DockerRegistry;
  const layers = 3;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'davit-real-images-'));
    [staging, production] = await Promise.all([startDockerRegistry(), startDockerRegistry({ htpasswd: { user: 'ci', password: 'p:a/s s' } })]);
    const archives: string[] = [];
    for (let layer = 0; layer < layers; layer += 1) {
      const root = join(directory, `layer-${String(layer)}`);
      await mkdir(join(root, 'etc'), { recursive: true });
      await writeFile(join(root, 'etc', `release-${String(layer)}`), randomBytes(200_000 * layer + 10));
      await run(findTools().tar!, ['-C', root, '-cf', `${root}.tar`, '.']);
      archives.push(`${root}.tar`);
    }
    for (const [format, tag] of [['oci', 'oci'], ['v2s2', 'docker']] as const) {
      await run(findTools().skopeo!, ['--insecure-policy', 'copy', '--dest-tls-verify=false', '--format', format, `tarball:${archives.join(':')}`, `docker://${staging.host}/shop/web:${tag}`]);
    }
  });
  afterAll(async () => {
    await Promise.all([staging.stop(), production.stop()]);
    await rm(directory, { recursive: true, force: true });
  });

  async function davit(...words: readonly string[]) {
    const here = fakeProcess([...words, '--json'], { directory, environment: { DOCKER_CONFIG: directory, DAVIT_DST_USERNAME: 'ci', DAVIT_DST_PASSWORD: 'p:a/s s', DAVIT_REGISTRY: production.host, DAVIT_REGISTRY_USERNAME: 'ci', DAVIT_REGISTRY_PASSWORD: 'p:a/s s' } });
    const exitCode = await runProgram(here);
    return { exitCode, document: JSON.parse(here.out()) as Readonly<Record<string, unknown>> };
  }

  it.each(['oci', 'docker'])('are inspected, read to the end of every layer without a false alarm, and copied: %s', async (tag) => {
    const reference = `${staging.host}/shop/web:${tag}`;
    const inspected = await davit('inspect', reference);
    expect(inspected).toMatchObject({ exitCode: 0, document: { kind: 'image', faults: [], notes: [], platforms: [{ layers: Array.from({ length: layers }, () => ({ mediaType: expect.stringMatching(/gzip$/) as string })) }] } });
    const { digest } = inspected.document;
    for (const level of ['manifest', 'head', 'content']) {
      expect(await davit('validate', reference, '--signature', 'off', '--level', level)).toMatchObject({ exitCode: 0, document: { outcome: 'valid', digest, checks: [{ check: 'size', findings: [] }, { check: 'layers', findings: [] }, { check: 'metadata', findings: [] }, { check: 'signature' }] } });
    }
    const to = `${production.host}/shop/web:${tag}`;
    expect(await davit('copy', reference, to, '--dry-run')).toMatchObject({ exitCode: 0, document: { present: false, digest, tags: [{ tag, action: 'put', previous: null }] } });
    expect(await davit('copy', reference, to)).toMatchObject({ exitCode: 0, document: { digest, changed: true } });
    expect(await davit('copy', reference, to, '--if-tag-exists', 'allow-if-equal')).toMatchObject({ exitCode: 0, document: { changed: false, tags: [{ tag, changed: false, previous: digest }] } });
    expect(await davit('copy', reference, to, '--if-tag-exists', 'forbid')).toMatchObject({ exitCode: 1, document: { error: { code: 'tag_conflict' } } });
    expect(await davit('validate', to, '--signature', 'off', '--level', 'content')).toMatchObject({ exitCode: 0, document: { outcome: 'valid', digest } });
    const { stdout } = await run(findTools().skopeo!, ['inspect', '--tls-verify=false', '--creds', 'ci:p:a/s s', `docker://${to}`]);
    expect((JSON.parse(stdout) as { Digest: string }).Digest).toBe(digest);
  });
});
