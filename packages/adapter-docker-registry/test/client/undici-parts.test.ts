import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';

const require = createRequire(new URL('../../src/client/request.ts', import.meta.url));

describe('the parts of undici that are loaded by their paths', () => {
  it('are the ones that its index exports', () => {
    const index = require('undici') as { readonly Agent: unknown; readonly Dispatcher: { readonly prototype: { readonly request: unknown } } };
    expect(require('undici/lib/dispatcher/agent.js')).toBe(index.Agent);
    expect(require('undici/lib/api/api-request.js')).toBe(index.Dispatcher.prototype.request);
  });

  it('come from a version that is pinned, since its paths are no promise', () => {
    const { dependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly dependencies: Readonly<Record<string, string>> };
    expect(dependencies['undici']).toMatch(/^\d+\.\d+\.\d+$/);
  });
});
