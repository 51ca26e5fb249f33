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
      // The bytes of a blob come from the storage, to which the registry only leads.
      inject: ({ method, path, times = 1, then }) => server.faults.add({ when: { method, times, path: ('cutAfterBytes' in then || 'flipByteAt' in then) && method === 'GET' && path.test('/blobs/sha256:') ? /^\/storage\// : path }, then }),
      dispose: async () => {
        await target.close();
        await server.close();
      },
    };
  },
});
