import { afterAll, beforeAll, describe } from 'vitest';
import { describeDeployer } from '@davit/conformance';
import { skipWithout } from '@davit/real-services';
import { account, quickHealth, release, server, sleeper, startBench, tools, type Bench, type Way } from './bench.js';

/** Fifty deployments: each as short as it can be and still notice a crash loop. */
const health = { ...quickHealth, intervalMs: 200, stableMs: 800, stableWithHealthcheckMs: 400 };

describe.skipIf(skipWithout(...tools))('the deployer contract on a real engine', () => {
  let bench: Bench;
  let images: Record<'web1' | 'web2' | 'web3' | 'worker1' | 'worker2' | 'worker3', string>;

  beforeAll(async () => {
    bench = await startBench();
    images = {
      web1: await bench.image('web', server('1')),
      web2: await bench.image('web', server('2')),
      web3: await bench.image('web', server('3')),
      worker1: await bench.image('worker', sleeper('1')),
      worker2: await bench.image('worker', sleeper('2')),
      worker3: await bench.image('worker', { files: { '/version': '3' }, command: ['sh', '-c', 'echo cannot reach the queue >&2; exit 3'] }),
    };
  }, 120_000);
  afterAll(async () => {
    await bench.stop();
  });

  for (const way of ['ssh', 'local'] as const satisfies readonly Way[]) {
    describeDeployer(way === 'ssh' ? 'sshCompose' : 'localCompose', {
      create: async () => {
        const project = await bench.project();
        return {
          deployer: project.deployer(way, { health }),
          another: () => Promise.resolve(project.deployer(way, { health })),
          host: 'host',
          credentials: [{ registry: bench.registry.host, username: account.user, password: account.password }],
          releases: {
            good1: release({ web: images.web1, worker: images.worker1 }),
            good2: release({ web: images.web2, worker: images.worker2 }),
            broken: release({ web: images.web3, worker: images.worker3 }),
          },
          dispose: project.dispose,
        };
      },
    });
  }
});
