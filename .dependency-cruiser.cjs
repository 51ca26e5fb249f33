/** Who may import whom: docs/decisions and CONTRIBUTING.md say why; a violation fails `npm run check`. */

// Core's folders, each importing only from those before it.
const layers = ['errors', 'image', 'ports', 'policy', 'adapter.ts', 'copy', 'validation', 'images.ts', 'machine', 'journal', 'steps', 'runner', 'promoter', 'index.ts'];
const core = '^packages/core/src/';
const place = (name) => (name.includes('.') ? `${name.replace('.', '\\.')}$` : `${name}/`);
const oneOf = (names) => `${core}(${names.map(place).join('|')})`;

const layerRules = layers.slice(0, -1).map((name, at) => ({
  name: `core-${name}-imports-leftwards`,
  comment: layers.slice(0, -1).join(' <- '),
  severity: 'error',
  from: { path: oneOf([name]) },
  to: { path: oneOf(layers.slice(at + 1)) },
}));

// The one place of each library that does I/O or decides how things are done; everything else goes through that place.
const homes = {
  undici: ['^packages/[^/]+/src/.*(request|probe|post)[^/]*\\.ts$', '^packages/bench/src/blob-'],
  ssh2: ['^packages/adapter-ssh-compose/src/ssh/'],
  'p-retry': ['^packages/core/src/policy/retry\\.ts$'],
  xstate: ['^packages/core/src/machine/'],
  neverthrow: ['^packages/core/src/result\\.ts$'],
  commander: ['^packages/cli/src/'],
  jiti: ['^packages/cli/src/'],
  vitest: ['^packages/conformance/src/'],
};

const homeRules = Object.entries(homes).map(([library, places]) => ({
  name: `${library}-stays-at-home`,
  comment: `Only these files may import ${library}: ${places.join(', ')}`,
  severity: 'error',
  from: { path: '^(packages|examples)/[^/]+/src/', pathNot: places },
  to: { path: `(^|/)node_modules/${library}/` },
}));

const leaves = '^packages/((adapter|verifier|notifier)-[^/]+|checks|conformance|registry-server)/src/';

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'core-json-and-result-stand-alone',
      comment: 'Everything may import them, so they import nothing of ours.',
      severity: 'error',
      from: { path: `${core}(json|result)\\.ts$` },
      to: { path: '^packages/', pathNot: `${core}(json|result)\\.ts$` },
    },
    {
      name: 'core-testing-imports-up-to-journal',
      severity: 'error',
      from: { path: `${core}testing/` },
      to: { path: oneOf(['steps', 'runner', 'promoter', 'index.ts']) },
    },
    {
      name: 'nothing-imports-core-testing',
      comment: 'The fakes are for tests and for their own entry, ./testing.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: [`${core}testing/`, '^packages/conformance/src/'] },
      to: { path: `${core}testing/` },
    },
    {
      name: 'core-does-no-io',
      comment: 'Core opens no file, socket or process outside the file store.',
      severity: 'error',
      from: { path: core, pathNot: `${core}journal/(?:file-store[^/]*|process-owner)\\.ts$` },
      to: { dependencyTypes: ['core'], path: '^(node:)?(fs|net|tls|dns|dgram|http|http2|https|child_process|cluster|worker_threads)(/|$)' },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'not-into-another-package',
      comment: "Another package is imported by its name; its src is its own affair.",
      severity: 'error',
      from: { path: '^(packages|examples)/([^/]+)/' },
      to: { path: '^(packages|examples)/[^/]+/', pathNot: '^$1/$2/', dependencyTypes: ['local'] },
    },
    {
      name: 'core-imports-no-package',
      severity: 'error',
      from: { path: core },
      to: { path: '^(packages|examples)/', pathNot: core },
    },
    {
      name: 'adapters-import-core-only',
      comment: 'The only edge between adapters is adapter-ghcr -> adapter-docker-registry.',
      severity: 'error',
      from: { path: leaves, pathNot: '^packages/adapter-ghcr/' },
      to: { path: '^(packages/(?!core/)|examples/)', pathNot: '^packages/$1/' },
    },
    {
      name: 'adapter-ghcr-imports-core-and-docker-registry',
      severity: 'error',
      from: { path: '^packages/adapter-ghcr/src/' },
      to: { path: '^(packages|examples)/', pathNot: '^packages/(adapter-ghcr|adapter-docker-registry|core)/' },
    },
    {
      name: 'registry-adapters-import-the-light-entry',
      comment: '@davit/core/adapter, not @davit/core: `davit copy` loads them, and has no use for the machine.',
      severity: 'error',
      from: { path: '^packages/adapter-(docker-registry|ghcr)/src/' },
      to: { path: `${core}index\\.ts$` },
    },
    {
      name: 'real-services-import-no-package',
      severity: 'error',
      from: { path: '^packages/real-services/src/' },
      to: { path: '^(packages|examples)/', pathNot: '^packages/real-services/' },
    },
    {
      name: 'published-code-imports-no-private-package',
      comment: 'bench, registry-server and real-services are not published.',
      severity: 'error',
      from: { path: '^packages/(?!bench|registry-server|real-services)[^/]+/src/' },
      to: { path: '^packages/(bench|registry-server|real-services)/' },
    },
    {
      name: 'packages-import-no-example',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/' },
      to: { path: '^examples/' },
    },
    {
      name: 'src-imports-no-test',
      severity: 'error',
      from: { path: '/src/' },
      to: { path: '^(packages|examples)/[^/]+/test/' },
    },
    {
      name: 'src-imports-declared-dependencies',
      comment: 'What src imports, its package names.',
      severity: 'error',
      from: { path: '^(packages|examples)/[^/]+/src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'src-imports-what-is-installed',
      comment: 'What src imports is installed with the package: dependencies or peerDependencies, not devDependencies. The command is a bundle, which has it inside.',
      severity: 'error',
      from: { path: '^(packages|examples)/[^/]+/src/', pathNot: '^packages/cli/src/(?!index\\.ts$|config/define-config\\.ts$)' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...homeRules,
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist[./]' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@davit/source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.d.ts'],
    },
  },
};
