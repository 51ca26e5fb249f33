import tseslint from 'typescript-eslint';
import { mustUseResult } from './tools/eslint/must-use-result.js';

// Time in core comes from the Clock port; a file that is that port's implementation, or measures nothing, is named below.
const wallClock = [
  { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: 'Time comes from the Clock port.' },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Time comes from the Clock port.' },
  { selector: "CallExpression[callee.name=/^(setTimeout|setInterval)$/]", message: 'Waiting goes through the Clock port.' },
];

const everywhere = [
  {
    selector: "CallExpression[callee.name='safeTry'] TryStatement[finalizer!=null]",
    message: 'A finally block inside safeTry does not run when a `yield*` meets an error. Hold resources in an async function instead.',
  },
];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/dist.*/**', '**/node_modules/**', '**/coverage/**', '.cache/**', '.davit/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { davit: { rules: { 'must-use-result': mustUseResult } } },
    rules: {
      'davit/must-use-result': 'error',
      // checkThenables: a ResultAsync is a thenable, and no Promise.
      '@typescript-eslint/no-floating-promises': ['error', { checkThenables: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidOperator: true }],
      // It takes what an await or a callback may have changed, `signal.aborted` above all, for unchanged.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // `void` is how a Result is ignored on purpose, also after await.
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all' }],
      // A port's method is async because the port says so, not because this implementation waits.
      '@typescript-eslint/require-await': 'off',
      // Generic parameters that stand once are how a Result's ok and error types are told to a caller.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      'no-restricted-syntax': ['error', ...everywhere],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-control-regex': 'error',
      'no-self-compare': 'error',
      'no-unsafe-finally': 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    // Longer than this is more than one concept.
    rules: { 'max-lines': ['error', { max: 300 }] },
  },
  {
    files: ['packages/core/src/**/*.ts'],
    ignores: ['packages/core/src/ports/clock.ts', 'packages/core/src/testing/**'],
    rules: { 'no-restricted-syntax': ['error', ...everywhere, ...wallClock] },
  },
  {
    files: ['**/test/**/*.ts', 'packages/conformance/src/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...everywhere,
        {
          selector: 'MemberExpression[object.name=/^(it|test|describe)$/][property.name=/^(skip|only|todo|fails)$/]',
          message: 'Every test runs, and runs with the others. What this machine lacks: describe.skipIf(skipWithout(…)).',
        },
      ],
    },
  },
  {
    files: ['**/test/**/*.ts', 'packages/core/src/testing/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'no-console': 'off',
    },
  },
  {
    files: ['examples/**/*.ts', 'tools/**', '**/*.config.ts'],
    rules: { 'no-console': 'off' },
  },
);
