/**
 * What an image's configuration says about running its Node application.
 * @see https://github.com/opencontainers/image-spec/blob/main/config.md#properties
 * @module
 */
import { posix } from 'node:path';

/** How to run an image: `node <arguments>` in a directory below its root. */
export interface ImageCommand {
  /** The script first; a path below the image's root, without a leading slash. */
  readonly script: string;
  readonly parameters: readonly string[];
  /** Below the image's root, without a leading slash. */
  readonly workingDirectory: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The command, or why there is none that this deployer can run. */
export function imageCommand(config: Uint8Array, entry: string): ImageCommand | { readonly fault: string } {
  let run: Record<string, unknown>;
  try {
    const document = JSON.parse(Buffer.from(config).toString('utf8')) as { config?: unknown } | null;
    run = typeof document?.config === 'object' && document.config !== null ? (document.config as Record<string, unknown>) : {};
  } catch {
    return { fault: 'its configuration is not JSON' };
  }
  const { Entrypoint: entrypoint, Cmd: cmd, Env: env, WorkingDir: workingDir } = run;
  const given = [...texts(entrypoint), ...texts(cmd)];
  const [program, ...rest] = given.length === 0 ? ['node', entry] : given;
  const words = posix.basename(program ?? '') === 'node' ? rest : [program ?? '', ...rest];
  const [script = entry, ...parameters] = words;
  if (!/\.[cm]?js$/.test(script)) return { fault: `its command is not a Node application: ${given.join(' ').slice(0, 200)}` };
  const workingDirectory = inside('/', typeof workingDir === 'string' ? workingDir : '/');
  return { script: inside(`/${workingDirectory}`, script), parameters, workingDirectory, env: variables(texts(env)) };
}

/** `path` as the image means it, below its root whatever it says. */
function inside(directory: string, path: string): string {
  return posix.resolve(directory, path).slice(1);
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function variables(list: readonly string[]): Record<string, string> {
  return Object.fromEntries(list.flatMap((item) => (item.indexOf('=') > 0 ? [[item.slice(0, item.indexOf('=')), item.slice(item.indexOf('=') + 1)] as const] : [])));
}
