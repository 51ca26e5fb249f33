/** The registry's contract, against a registry with GitHub's ways. */
import { describeRegistry } from '@davit/conformance';
import { ghcr } from '../src/index.js';
import { startGhcrLike, writer } from './ghcr-like.js';

describeRegistry('ghcr', {
  faults: true,
  create: async () => {
    const server = await startGhcrLike();
    const target = ghcr({ baseUrl: server.url, token: writer.password, username: writer.name, environment: {}, retry: { minDelayMs: 1, maxDelayMs: 5 } });
    return {
      target,
      repository: { registry: 'ghcr.io', repository: 'octocat/app' },
      otherRepository: { registry: 'ghcr.io', repository: 'octocat/app-production' },
      inject: ({ method, path, then }) => void server.registry.faults.add({ when: { method, path }, then }),
      dispose: async () => {
        await target.close();
        await server.close();
      },
    };
  },
});
