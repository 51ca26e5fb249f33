import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const top = join(dirname(fileURLToPath(import.meta.url)), '..');

const pages = ['', ...['packages', 'examples'].flatMap((group) => readdirSync(join(top, group)).map((folder) => `${group}/${folder}`)), 'docs']
  .flatMap((folder) => readdirSync(join(top, folder), { recursive: folder === 'docs', encoding: 'utf8' }).map((file) => join(folder, file)))
  .filter((file) => file.endsWith('.md'));

/** The TypeScript blocks of all pages, each as a file in the workspace that is not really there. */
const blocks = new Map<string, string>();
for (const page of pages) {
  const text = readFileSync(join(top, page), 'utf8');
  for (const [at, [, code]] of [...text.matchAll(/^```ts\n([^]*?)^```/gm)].entries()) blocks.set(join(top, 'test', `${page.replaceAll('/', '-')}-${String(at + 1)}.ts`), `${code ?? ''}\nexport {};\n`);
}

describe('the documentation', () => {
  it('has TypeScript blocks that compile', { timeout: 120_000 }, () => {
    const { config } = ts.readConfigFile(join(top, 'tsconfig.base.json'), (path) => readFileSync(path, 'utf8')) as { config: unknown };
    // A page may leave a variable unused, and its reader need not be as strict as we are.
    const { options } = ts.parseJsonConfigFileContent({ ...(config as object), files: [] }, ts.sys, top, { noUnusedLocals: false, noUnusedParameters: false, noPropertyAccessFromIndexSignature: false });
    const host = ts.createCompilerHost(options);
    const { getSourceFile, fileExists, readFile } = host;
    host.fileExists = (name) => blocks.has(name) || fileExists(name);
    host.readFile = (name) => blocks.get(name) ?? readFile(name);
    host.getSourceFile = (name, ...rest) => {
      const text = blocks.get(name);
      return text === undefined ? getSourceFile(name, ...rest) : ts.createSourceFile(name, text, ...rest.slice(0, 1) as [ts.ScriptTarget], true);
    };
    const program = ts.createProgram([...blocks.keys()], options, host);
    const faults = [...blocks.keys()].flatMap((name) => {
      const file = program.getSourceFile(name);
      return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map((fault) => {
        const line = fault.file === undefined || fault.start === undefined ? 0 : fault.file.getLineAndCharacterOfPosition(fault.start).line + 1;
        return `${relative(join(top, 'test'), name)}:${String(line)} ${ts.flattenDiagnosticMessageText(fault.messageText, ' ')}`;
      });
    });
    expect(blocks.size).toBeGreaterThan(5);
    expect(faults).toEqual([]);
  });

  it('links to pages of this repository that exist', () => {
    const broken = pages.flatMap((page) =>
      [...readFileSync(join(top, page), 'utf8').matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map(([, target]) => target ?? '')
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => !ts.sys.fileExists(join(top, dirname(page), target)) && !ts.sys.directoryExists(join(top, dirname(page), target)))
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).toEqual([]);
  });
});
