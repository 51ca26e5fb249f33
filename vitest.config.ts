import { defineConfig } from 'vitest/config';

// Workspace packages are tested from their sources: the custom condition points at `src`, so no build is needed first.
const conditions = ['@davit/source'];

const everything = ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts', 'test/**/*.test.ts'];
const realServices = '**/test/e2e/**/*.test.ts';

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'fast', include: everything, exclude: [realServices, '**/node_modules/**'], sequence: { groupOrder: 0 } } },
      // Each file starts engines and servers of its own: one file after the other, and not beside the fast ones.
      { extends: true, test: { name: 'services', include: [realServices], exclude: ['**/node_modules/**'], fileParallelism: false, maxWorkers: 1, testTimeout: 120_000, hookTimeout: 120_000, sequence: { groupOrder: 1 } } },
    ],
  },
});
