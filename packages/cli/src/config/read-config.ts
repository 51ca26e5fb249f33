/**
 * Runs a configuration file and takes what it exports. The only file that imports jiti, and only for TypeScript.
 * @module
 */
import { pathToFileURL } from 'node:url';
import { causeOf, err, failure, ok, type DavitError, type ErrorCode, type Result } from '@davit/core/adapter';
import { configurationFault } from './configuration-fault.js';

/** What the file exports as its default. Every failure names the file, and the line where that is known. */
export async function readConfig(path: string): Promise<Result<unknown, DavitError>> {
  let loaded: unknown;
  try {
    loaded = /\.[cm]?ts$/.test(path) ? await importTypeScript(path) : await import(pathToFileURL(path).href);
  } catch (thrown) {
    const fault = configurationFault(thrown, path);
    if (fault !== undefined) return err(fault);
    const place = placeIn(path, thrown);
    return err(failure('configuration_unreadable' satisfies ErrorCode, `${place} fails when it is loaded: ${firstLine(causeOf(thrown).message)}`, { path, cause: thrown }));
  }
  const exported = loaded as { readonly default?: unknown } | null;
  if (exported?.default === undefined) return err(failure('configuration_invalid', `${path} has no default export; write export default defineConfig({ … })`, { path }));
  return ok(unwrapped(exported.default));
}

async function importTypeScript(path: string): Promise<unknown> {
  const { createJiti } = await import('jiti');
  // What is installed is loaded as it is, so that a package is the same module here and in what it imports; and nothing is left on the disk.
  const jiti = createJiti(pathToFileURL(path).href, { fsCache: false, interopDefault: false });
  return jiti.import(path);
}

/** A CommonJS module that was compiled from an ES module carries its default once more. */
function unwrapped(value: unknown): unknown {
  const inner = value as { readonly __esModule?: boolean; readonly default?: unknown };
  return typeof value === 'object' && inner.__esModule === true && inner.default !== undefined ? inner.default : value;
}

/** `davit.config.mjs:12:7`, where the error says in which line of the file it happened. */
function placeIn(path: string, thrown: unknown): string {
  const stack = (thrown as { readonly stack?: unknown } | null)?.stack;
  if (typeof stack !== 'string') return path;
  for (const name of [pathToFileURL(path).href, path]) {
    const at = stack.indexOf(`${name}:`);
    const line = at < 0 ? null : /^:[0-9]+(?::[0-9]+)?/.exec(stack.slice(at + name.length));
    if (line !== null) return `${path}${line[0]}`;
  }
  return path;
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? text;
