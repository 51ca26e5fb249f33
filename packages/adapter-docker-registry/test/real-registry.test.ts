/** The registry's contract, and a copy, against the distribution project's own registry (docker-registry 2.8 on Debian). */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { describeRegistry, type RegistrySubject } from '@davit/conformance';
import { copyImage, digestOf, parseReference } from '@davit/core';
import { findTools, skipWithout, startDockerRegistry, type DockerRegistry } from '@davit/real-services';
import { pushImage, startRegistryServer } from '@davit/registry-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dockerRegistry, type DockerRegistryOptions } from '../src/index.js';
import { adapter, bytesOf, call, closing, contentOf, errorOf, valueOf } from './support.js';

const skip = [{ id: 'registry.manifest.10', reason: 'docker-registry 2 keeps manifests under sha256 alone' }];
const login = { user: 'ci', password: 'p:a/s s' };
const credentials = { username: login.user, password: login.password };

describe.skipIf(skipWithout('docker-registry'))('a real registry', () => {
  let registry: DockerRegistry;
  beforeAll(async () => {
    registry = await startDockerRegistry();
  });
  afterAll(() => registry.stop());

  describeRegistry('dockerRegistry, docker-registry 2', { skip, create: () => Promise.resolve(subject(registry.host)) });

  it('gets an upload that was cut off once more: this registry keeps nothing of one that breaks', async () => {
    const front = closing(await startRegistryServer({ upstream: `http://${registry.host}` }));
    front.faults.add({ when: { method: 'PUT' }, then: { cutAfterBytes: 1_000_000 } });
    const bytes = randomBytes(3_000_000);
    const content = contentOf(bytes);
    const blob = { registry: front.host, repository: 'team/resumed', digest: digestOf(bytes) };
    await valueOf(adapter({ retry: { minDelayMs: 50 } }).writeBlob(blob, content, call()));
    expect((await bytesOf((await valueOf(adapter().readBlob({ ...blob, registry: registry.host }, 0, call()))).body)).equals(bytes)).toBe(true);
    expect(content.opened).toEqual([0, 0]);
    expect(front.requests.matching({ method: 'GET', path: /uploads/ }).map(({ status }) => status)).toEqual([404]);
  });

  // The same registry behind one that can be made to fail.
  describeRegistry('dockerRegistry, docker-registry 2 with faults', {
    faults: true,
    skip,
    create: async () => {
      const front = await startRegistryServer({ upstream: `http://${registry.host}` });
      const made = subject(front.host, { retry: { minDelayMs: 1, maxDelayMs: 5 } });
      return {
        ...made,
        // Not those of the cases above.
        repository: { registry: front.host, repository: 'fronted/staging' },
        otherRepository: { registry: front.host, repository: 'fronted/prod' },
        inject: ({ method, path, times = 1, then }) => front.faults.add({ when: { method, path, times }, then }),
        dispose: async () => {
          await made.dispose();
          await front.close();
        },
      };
    },
  });

  it('holds back connections to one a side, and a copy of many layers within it still ends', async () => {
    const source = closing(await startRegistryServer());
    const layers = Array.from({ length: 10 }, () => randomBytes(200_000));
    const image = await pushImage(source, { repository: 'staging/app', layers });
    const both = adapter({ connections: 1 });
    const staging = { registry: registry.host, repository: 'limits/staging' };
    const production = { registry: registry.host, repository: 'limits/production' };
    await valueOf(copyImage({ name: 'app', source: both, from: { registry: source.host, repository: 'staging/app', digest: image.digest }, target: both, to: staging, parallel: 6 }, call()));
    await valueOf(copyImage({ name: 'app', source: both, from: { ...staging, digest: image.digest }, target: both, to: production, parallel: 6 }, call()));
    expect((await valueOf(both.readManifest({ ...production, digest: image.digest }, call()))).bytes).toEqual(image.built.root.bytes);
  });

  it.skipIf(skipWithout('skopeo'))('gives skopeo the very manifest that was copied into it', async () => {
    const source = closing(await startRegistryServer());
    const image = await pushImage(source, { repository: 'staging/app', files: { 'etc/app': 'x' }, platforms: ['linux/amd64', 'linux/arm64'], attestations: true });
    const both = adapter();
    const to = { registry: registry.host, repository: 'skopeo/app' };
    await valueOf(copyImage({ name: 'app', source: both, from: { registry: source.host, repository: 'staging/app', digest: image.digest }, target: both, to }, call()));
    await valueOf(both.tag(to, '1.0', image.built.root, call()));
    const { stdout } = await promisify(execFile)(findTools().skopeo ?? 'skopeo', ['inspect', '--raw', '--tls-verify=false', `docker://${registry.host}/skopeo/app:1.0`], { encoding: 'buffer' });
    expect(digestOf(stdout)).toBe(image.digest);
  });
});

describe.skipIf(skipWithout('docker-registry', 'perl'))('a real registry with htpasswd', () => {
  let registry: DockerRegistry;
  beforeAll(async () => {
    registry = await startDockerRegistry({ htpasswd: login });
  });
  afterAll(() => registry.stop());

  describeRegistry('dockerRegistry, docker-registry 2 with Basic', { skip, create: () => Promise.resolve(subject(registry.host, { credentials })) });

  it('refuses a wrong login and none at all', async () => {
    const reference = parseReference(`${registry.host}/team/app:1.0`)._unsafeUnwrap();
    expect(await errorOf(adapter({ credentials: { ...credentials, password: 'planted-secret' } }).resolve(reference, call()))).toMatchObject({ code: 'registry_unauthorized', retryable: false });
    expect((await errorOf(adapter().resolve(reference, call()))).code).toBe('registry_unauthorized');
    expect((await errorOf(adapter({ credentials }).resolve(reference, call()))).code).toBe('manifest_not_found');
  });
});

function subject(host: string, options: DockerRegistryOptions = {}): RegistrySubject {
  const target = dockerRegistry({ dockerConfig: false, ...options });
  return {
    target,
    repository: { registry: host, repository: 'staging/app' },
    otherRepository: { registry: host, repository: 'prod/app' },
    dispose: () => target.close(),
  };
}
