import { defineConfig } from 'vitest/config';

// Workspace packages are tested from their sources: the custom condition points at `src`, so no build is needed first.
const conditions = ['@davit/source'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
