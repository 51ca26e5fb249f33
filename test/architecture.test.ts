import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const top = join(dirname(fileURLToPath(import.meta.url)), '..');
const config = join(top, '.dependency-cruiser.cjs');
const { forbidden } = createRequire(import.meta.url)(config) as { forbidden: readonly { readonly name: string }[] };

interface Violation {
  readonly rule: { readonly name: string };
  readonly from: string;
  readonly to: string;
}

/** One planted violation for each rule: the rule, who imports, and what. */
const planted: readonly (readonly [rule: string, from: string, imported: string])[] = [
  ['core-errors-imports-leftwards', 'packages/core/src/errors/a.ts', '../image/leaf.js'],
  ['core-image-imports-leftwards', 'packages/core/src/image/a.ts', '../ports/leaf.js'],
  ['core-ports-imports-leftwards', 'packages/core/src/ports/a.ts', '../policy/leaf.js'],
  ['core-policy-imports-leftwards', 'packages/core/src/policy/a.ts', '../copy/leaf.js'],
  ['core-adapter.ts-imports-leftwards', 'packages/core/src/adapter.ts', './copy/leaf.js'],
  ['core-images.ts-imports-leftwards', 'packages/core/src/images.ts', './machine/leaf.js'],
  ['core-copy-imports-leftwards', 'packages/core/src/copy/a.ts', '../validation/leaf.js'],
  ['core-validation-imports-leftwards', 'packages/core/src/validation/a.ts', '../machine/leaf.js'],
  ['core-machine-imports-leftwards', 'packages/core/src/machine/a.ts', '../journal/leaf.js'],
  ['core-journal-imports-leftwards', 'packages/core/src/journal/a.ts', '../steps/leaf.js'],
  ['core-steps-imports-leftwards', 'packages/core/src/steps/a.ts', '../runner/leaf.js'],
  ['core-runner-imports-leftwards', 'packages/core/src/runner/a.ts', '../promoter/leaf.js'],
  ['core-promoter-imports-leftwards', 'packages/core/src/promoter/a.ts', '../index.js'],
  ['core-json-and-result-stand-alone', 'packages/core/src/json.ts', './errors/leaf.js'],
  ['core-testing-imports-up-to-journal', 'packages/core/src/testing/a.ts', '../runner/leaf.js'],
  ['nothing-imports-core-testing', 'packages/core/src/promoter/b.ts', '../testing/leaf.js'],
  ['core-does-no-io', 'packages/core/src/journal/b.ts', 'node:fs/promises'],
  ['no-cycle', 'packages/core/src/errors/b.ts', './c.js'],
  ['not-into-another-package', 'packages/cli/src/a.ts', '../../core/src/index.js'],
  ['core-imports-no-package', 'packages/core/src/policy/b.ts', '@davit/checks'],
  ['adapters-import-core-only', 'packages/notifier-webhook/src/a.ts', '@davit/checks'],
  ['adapters-import-core-only', 'packages/adapter-docker-registry/src/a.ts', '@davit/adapter-ghcr'],
  ['adapter-ghcr-imports-core-and-docker-registry', 'packages/adapter-ghcr/src/a.ts', '@davit/checks'],
  ['registry-adapters-import-the-light-entry', 'packages/adapter-docker-registry/src/light.ts', '@davit/core'],
  ['real-services-import-no-package', 'packages/real-services/src/a.ts', '@davit/core'],
  ['published-code-imports-no-private-package', 'packages/cli/src/b.ts', '@davit/real-services'],
  ['packages-import-no-example', 'packages/cli/src/c.ts', '@davit/example-demo'],
  ['src-imports-no-test', 'packages/cli/src/d.ts', '../test/leaf.js'],
  ['src-imports-declared-dependencies', 'packages/cli/src/e.ts', 'left-pad'],
  ['src-imports-what-is-installed', 'packages/checks/src/d.ts', 'right-pad'],
  ['src-imports-what-is-installed', 'packages/cli/src/config/define-config.ts', 'right-pad'],
  ['resolvable', 'packages/cli/src/f.ts', './nowhere.js'],
  ['undici-stays-at-home', 'packages/cli/src/g.ts', 'undici'],
  ['ssh2-stays-at-home', 'packages/cli/src/h.ts', 'ssh2'],
  ['p-retry-stays-at-home', 'packages/core/src/steps/b.ts', 'p-retry'],
  ['xstate-stays-at-home', 'packages/core/src/runner/b.ts', 'xstate'],
  ['neverthrow-stays-at-home', 'packages/core/src/policy/c.ts', 'neverthrow'],
  ['commander-stays-at-home', 'packages/checks/src/a.ts', 'commander'],
  ['jiti-stays-at-home', 'packages/checks/src/b.ts', 'jiti'],
  ['vitest-stays-at-home', 'packages/checks/src/c.ts', 'vitest'],
];

/** Imports that are allowed, each close to one that is not. */
const allowed: readonly (readonly [from: string, imported: string])[] = [
  ['packages/core/src/image/z.ts', '../errors/leaf.js'],
  ['packages/core/src/errors/z.ts', '../json.js'],
  ['packages/core/src/validation/z.ts', '../copy/leaf.js'],
  ['packages/core/src/journal/file-store-z.ts', 'node:fs/promises'],
  ['packages/core/src/testing/z.ts', '../journal/leaf.js'],
  ['packages/core/src/policy/retry.ts', 'p-retry'],
  ['packages/core/src/machine/z.ts', 'xstate'],
  ['packages/adapter-ghcr/src/z.ts', '@davit/adapter-docker-registry'],
  ['packages/adapter-docker-registry/src/client/request.ts', 'undici'],
  ['packages/adapter-ssh-compose/src/ssh/z.ts', 'ssh2'],
  ['packages/checks/test/z.test.ts', '@davit/real-services'],
  ['packages/cli/src/z.ts', '@davit/checks'],
  ['packages/cli/src/usage/z.ts', 'right-pad'],
];

const libraries = ['undici', 'ssh2', 'p-retry', 'xstate', 'neverthrow', 'commander', 'jiti', 'vitest', 'left-pad', 'right-pad'];
const folders = ['packages/core', 'packages/cli', 'packages/checks', 'packages/adapter-docker-registry', 'packages/adapter-ghcr', 'packages/adapter-ssh-compose', 'packages/notifier-webhook', 'packages/real-services', 'examples/demo'];

describe('the import rules', () => {
  const tree = mkdtempSync(join(tmpdir(), 'davit-architecture-'));
  let violations: readonly Violation[];
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), text);
  };

  beforeAll(() => {
    mkdirSync(join(tree, 'node_modules/@davit'), { recursive: true });
    const name = (folder: string): string => (folder.startsWith('examples/') ? `@davit/example-${basename(folder)}` : `@davit/${basename(folder)}`);
    for (const layer of ['errors', 'image', 'ports', 'policy', 'copy', 'validation', 'machine', 'journal', 'steps', 'runner', 'promoter', 'testing']) write(`packages/core/src/${layer}/leaf.ts`, 'export {};\n');
    write('packages/cli/test/leaf.ts', 'export {};\n');
    for (const folder of folders) {
      const dependencies = Object.fromEntries(libraries.filter((library) => !library.endsWith('-pad')).map((library) => [library, '1.0.0']));
      write(`${folder}/package.json`, JSON.stringify({ name: name(folder), type: 'module', exports: './src/index.ts', dependencies, devDependencies: { 'right-pad': '1.0.0' } }));
      write(`${folder}/src/index.ts`, 'export {};\n');
      symlinkSync(join(tree, folder), join(tree, 'node_modules', name(folder)));
    }
    for (const library of libraries) {
      write(`node_modules/${library}/package.json`, JSON.stringify({ name: library, main: 'index.js', version: '1.0.0' }));
      write(`node_modules/${library}/index.js`, 'module.exports = 1;\n');
    }
    write('packages/core/src/errors/c.ts', "import './b.js';\n");
    const imports = [...planted.map(([, from, imported]) => [from, imported] as const), ...allowed];
    for (const [from, imported] of imports) write(from, `import '${imported}';\n`);
    write('package.json', '{ "type": "module" }');
    write('tsconfig.json', JSON.stringify({ compilerOptions: { module: 'nodenext', target: 'es2023' } }));

    const cruiser = join(top, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    const { stdout, stderr } = spawnSync(process.execPath, [cruiser, 'packages', 'examples', '--config', config, '--output-type', 'json'], { cwd: tree, encoding: 'utf8', maxBuffer: 1 << 26 });
    if (!stdout.startsWith('{')) throw new Error(stderr);
    violations = (JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary.violations;
  });
  afterAll(() => {
    rmSync(tree, { recursive: true });
  });

  it.each(planted)('%s finds the planted import of %s', (rule, from) => {
    expect(violations.filter((violation) => violation.from === from).map((violation) => violation.rule.name)).toContain(rule);
  });

  it.each(allowed)('%s may import %s', (from) => {
    expect(violations.filter((violation) => violation.from === from)).toEqual([]);
  });

  it('have each a planted violation', () => {
    expect(new Set(planted.map(([rule]) => rule))).toEqual(new Set(forbidden.map(({ name }) => name)));
  });
});

describe('the source files', () => {
  const files = ['packages', 'examples'].flatMap((group) =>
    readdirSync(join(top, group)).flatMap((folder) =>
      readdirSync(join(top, group, folder, 'src'), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => join(group, folder, 'src', file)),
    ),
  );

  it('are named after what they hold, in kebab case', () => {
    expect(files.length).toBeGreaterThan(50);
    const badly = files.filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.d)?\.ts$/.test(basename(file)) || /^(utils?|types?|helpers?|common|misc)\.ts$/.test(basename(file)));
    expect(badly).toEqual([]);
  });

  it('say in their first comment what they are', () => {
    // An index only re-exports, and the README's example is there as it stands in the README.
    const silent = files.filter((file) => basename(file) !== 'index.ts' && !file.startsWith('examples/readme/')).filter((file) => {
      const text = readFileSync(join(top, file), 'utf8').replace(/^#!.*\n/, '');
      return !/^\/\*\*[^]*?@module[^]*?\*\//.test(text.slice(0, text.indexOf('*/') + 2));
    });
    expect(silent).toEqual([]);
  });
});
