// The configuration that the demo's `davit` commands read: what a team would keep in its repository.
import { dockerRegistry } from '@davit/adapter-docker-registry';
import { httpProbe, testCommand } from '@davit/checks';
import { defineConfig } from '@davit/cli';
import { fileStore } from '@davit/core';
import { processDeployer } from '@davit/example-process-deployer';

// The demo chooses free ports and a directory of its own.
const { DEMO_STAGING, DEMO_PRODUCTION, DEMO_DIRECTORY, DEMO_PORT } = process.env;
const production = dockerRegistry();

export default defineConfig({
  store: fileStore({ directory: `${DEMO_DIRECTORY}/store` }),
  environments: {
    production: {
      source: dockerRegistry(),
      target: production,
      deployer: processDeployer({
        directory: `${DEMO_DIRECTORY}/host`,
        registry: production,
        services: { web: { port: Number(DEMO_PORT), healthPath: '/healthz' } },
        healthTimeoutMs: 5_000,
      }),
      release: {
        web: { from: `${DEMO_STAGING}/shop/web`, to: `${DEMO_PRODUCTION}/shop/web` },
      },
      tests: testCommand(['node', new URL('./staging-test.mjs', import.meta.url).pathname]),
      checks: { maxSize: '50MB', platforms: ['linux/amd64'], signature: { off: 'the demo signs nothing' } },
      endpoints: [httpProbe({ url: `http://127.0.0.1:${DEMO_PORT}/`, expectBody: /Hello/, intervalMs: 200, withinMs: 5_000 })],
      approval: { off: 'the demo asks nobody' },
    },
  },
});
