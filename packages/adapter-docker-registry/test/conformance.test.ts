/** The registry's contract, against the in-process registry with each kind of login. */
import { describeRegistry, type RegistrySubject } from '@davit/conformance';
import { startRegistryServer, type RegistryServerOptions } from '@davit/registry-server';
import { dockerRegistry } from '../src/index.js';

const users = [{ name: 'ci', password: 'p' }];

async function subject(options: RegistryServerOptions): Promise<RegistrySubject> {
  const server = await startRegistryServer(options);
  const target = dockerRegistry({ dockerConfig: false, retry: { minDelayMs: 1, maxDelayMs: 5 }, ...(options.auth === undefined ? {} : { credentials: { username: 'ci', password: 'p' } }) });
  return {
    target,
    repository: { registry: server.host, repository: 'staging/app' },
    otherRepository: { registry: server.host, repository: 'prod/app' },
    inject: ({ method, path, times = 1, then }) => server.faults.add({ when: { method, path, times }, then }),
    dispose: async () => {
      await target.close();
      await server.close();
    },
  };
}

describeRegistry('dockerRegistry, an open registry', { faults: true, create: () => subject({}) });
describeRegistry('dockerRegistry, Basic, relative locations, no referrers API', { faults: true, create: () => subject({ auth: { kind: 'basic', users }, locations: 'relative', referrersApi: false }) });
describeRegistry('dockerRegistry, tokens, no mounts, no ranges, small pages', { faults: true, create: () => subject({ auth: { kind: 'token', users }, mount: false, ranges: false, pageSize: 1 }) });
