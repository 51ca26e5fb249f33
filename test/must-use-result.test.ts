import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

const top = join(dirname(fileURLToPath(import.meta.url)), '..');
const head = `import { err, ok, ResultAsync, type Result } from '@davit/core';
declare function sync(): Result<number, string>;
declare function later(): ResultAsync<number, string>;
declare function wrapped(): Promise<Result<void, string>>;
declare function log(result: unknown): void;
export { err, ok, ResultAsync };
`;

// The text stands in for a file of the project, so that it is linted with the project's types and configuration.
const lint = async (statement: string): Promise<readonly (string | null)[]> => {
  const eslint = new ESLint({ cwd: top });
  const [result] = await eslint.lintText(`${head}export async function main(): Promise<unknown> {\n  ${statement}\n  return undefined;\n}\n`, { filePath: join(top, 'test/must-use-result.test.ts') });
  return result!.messages.map((message) => message.ruleId).filter((rule) => rule === null || ['davit/must-use-result', '@typescript-eslint/no-floating-promises'].includes(rule));
};

describe('the rule against ignored Results', () => {
  it.each(['sync();', 'await later();', 'await wrapped();', 'sync().map((value) => value + 1);', 'await Promise.resolve(sync());'])('reports `%s`', async (statement) => {
    expect(await lint(statement)).toEqual(['davit/must-use-result']);
  });

  it('reports a ResultAsync that nobody waits for, twice', async () => {
    expect(await lint('later();')).toContain('davit/must-use-result');
    expect(await lint('later();')).toContain('@typescript-eslint/no-floating-promises');
  });

  it.each(['void sync();', 'const result = sync(); log(result);', 'return await later();', 'log(await wrapped());', 'sync()._unsafeUnwrap();', 'await Promise.resolve(1);'])('lets `%s` pass', async (statement) => {
    expect(await lint(statement)).toEqual([]);
  });
});
