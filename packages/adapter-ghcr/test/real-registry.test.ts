/** The registry's contract, with GHCR's dialect spoken to the distribution project's own registry. */
import { describeRegistry } from '@davit/conformance';
import { skipWithout, startDockerRegistry, type DockerRegistry } from '@davit/real-services';
import { afterAll, beforeAll, describe } from 'vitest';
import { ghcr } from '../src/index.js';

const login = { user: 'octocat', password: 'ghp_writer' };

describe.skipIf(skipWithout('docker-registry', 'perl'))('a real registry', () => {
  let registry: DockerRegistry;
  beforeAll(async () => {
    registry = await startDockerRegistry({ htpasswd: login });
  });
  afterAll(() => registry.stop());

  describeRegistry('ghcr, docker-registry 2', {
    skip: [{ id: 'registry.manifest.10', reason: 'docker-registry 2 keeps manifests under sha256 alone' }],
    create: () => {
      const target = ghcr({ baseUrl: `http://${registry.host}`, token: login.password, username: login.user, dockerConfig: false, environment: {} });
      return Promise.resolve({
        target,
        repository: { registry: 'ghcr.io', repository: 'octocat/app' },
        otherRepository: { registry: 'ghcr.io', repository: 'octocat/app-production' },
        dispose: () => target.close(),
      });
    },
  });
});
