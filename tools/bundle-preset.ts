import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { Options } from 'tsup';
import { preset } from './tsup-preset.js';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/**
 * How a command is built: with everything that it runs in a few files of its own, because Node spends more time on finding
 * and reading a hundred small files than the command on its work. Imports that are made when they are needed stay so.
 * Names are kept: a stack trace is to be read.
 */
export function bundlePreset(entry: Record<string, string>, external: readonly string[]): Options {
  return preset(entry, {
    format: ['esm'],
    dts: false,
    shims: false,
    external: [...external],
    noExternal: [new RegExp(`^(?!(?:${external.join('|')})$)`)],
    // It would take the modules of Node out of the hands of the plugins.
    removeNodeProtocol: false,
    esbuildPlugins: [withoutUnusedBuiltins, licences],
    esbuildOptions: (options) => {
      // From the sources, as the type checker and the tests read them: no package has to be built before this one.
      options.conditions = ['@davit/source', 'import', 'module'];
      options.minifyWhitespace = true;
      options.minifySyntax = true;
      options.legalComments = 'none';
      options.metafile = true;
      // CommonJS packages ask for the modules of Node with `require`.
      options.banner = { js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);" };
    },
  });
}

/** What libraries load at their start and a command of ours never uses: HTTP/2 is switched off, and no command is a program of its own. */
const unused: readonly { readonly builtin: string; readonly library: string }[] = [
  { builtin: 'node:http2', library: 'undici' },
  { builtin: 'node:child_process', library: 'commander' },
];

/** Node needs 5 ms for each of these; see docs/decisions/0008-the-command-is-a-bundle.md. */
const withoutUnusedBuiltins: Plugin = {
  name: 'without-unused-builtins',
  setup: (build) => {
    for (const { builtin, library } of unused) {
      build.onResolve({ filter: new RegExp(`^${builtin}$`) }, ({ importer }) => (packageOf(importer)?.name === library ? { path: builtin, namespace: 'unused' } : undefined));
    }
    build.onLoad({ filter: /./, namespace: 'unused' }, () => ({ contents: 'module.exports = { constants: {} };', loader: 'js' }));
  },
};

/** Whoever passes on the work of others passes on their licences. */
const licences: Plugin = {
  name: 'licences',
  setup: (build) => {
    build.onEnd(({ metafile, outputFiles }) => {
      const folders = new Map(Object.keys(metafile?.inputs ?? {}).flatMap((input) => {
        const found = packageOf(input);
        return found === undefined ? [] : [[found.name, found.folder] as const];
      }));
      const texts = [...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, folder]) => `${name} ${versionOf(folder)}\n\n${licenceOf(name, folder)}\n`);
      const contents = Buffer.from(`The davit command contains these packages:\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`);
      // Not called after licences: pnpm adds the project's own to a package that has no file of such a name.
      const path = join(build.initialOptions.outdir ?? '', 'third-party.txt');
      outputFiles?.push({ path, contents, hash: '', text: contents.toString() });
    });
  },
};

/** The installed package that a file belongs to. */
function packageOf(file: string): { readonly name: string; readonly folder: string } | undefined {
  const parts = file.split(/[\\/]/);
  const at = parts.lastIndexOf('node_modules');
  if (at < 0) return undefined;
  const end = at + (parts[at + 1]?.startsWith('@') === true ? 3 : 2);
  return { name: parts.slice(at + 1, end).join('/'), folder: parts.slice(0, end).join(sep) };
}

const versionOf = (folder: string): string => (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;

function licenceOf(name: string, folder: string): string {
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  if (file === undefined) throw new Error(`${name} is bundled and has no licence file`);
  return readFileSync(join(folder, file), 'utf8').trim();
}
