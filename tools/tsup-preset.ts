import type { Options } from 'tsup';

/**
 * How every package of this workspace is built: ES modules, CommonJS and both kinds of declarations.
 * `DAVIT_BUILD=js` leaves the declarations out, which the demo and the tests do not need.
 */
export function preset(entry: Record<string, string>, more: Options = {}): Options {
  return {
    entry,
    format: ['esm', 'cjs'],
    target: 'node20.19',
    platform: 'node',
    splitting: true,
    clean: true,
    shims: true,
    sourcemap: false,
    treeshake: false,
    silent: true,
    dts:
      process.env['DAVIT_BUILD'] === 'js'
        ? false
        : {
            // tsup injects `baseUrl`, which TypeScript 6 calls deprecated; `composite` breaks its declaration bundle.
            compilerOptions: { composite: false, incremental: false, ignoreDeprecations: '6.0' },
          },
    ...more,
  };
}
