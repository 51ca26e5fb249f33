/**
 * Makes the pin file part of the project for everybody: through COMPOSE_FILE in `.env`, so that a plain
 * `docker compose up` by hand keeps the pinned images. The rest of the file stays byte for byte.
 * @module
 */
import { err, ok, type Result } from '@davit/core';

const variable = (name: string): RegExp => new RegExp(`^[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=[ \\t]*(.*?)[ \\t]*\\r?$`);

/** The last assignment of a variable: the one that counts. */
function find(text: string, name: string): { readonly line: number; readonly value: string } | undefined {
  const pattern = variable(name);
  const lines = text.split('\n');
  for (let line = lines.length - 1; line >= 0; line -= 1) {
    const value = pattern.exec(lines[line] ?? '')?.[1];
    if (value !== undefined) return { line, value: /^(["'])(.*?)\1/.exec(value)?.[2] ?? value.replace(/[ \t]+#.*$/, '') };
  }
  return undefined;
}

// Compose's own order of search.
const bases = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const overrides = ['compose.override.yml', 'compose.override.yaml', 'docker-compose.override.yml', 'docker-compose.override.yaml'];

/** Files of a project directory that Compose would load by itself. */
export const defaultNames: readonly string[] = [...bases, ...overrides];

export interface ProjectFiles {
  /** All files in the order in which they are merged, without the pin file. */
  readonly files: readonly string[];
  readonly separator: string;
}

/** Which files make up the project, from its `.env` and the names in its directory. The error is a sentence for people. */
export function projectFiles(environment: Buffer | null, present: readonly string[], pinFile: string): Result<ProjectFiles, string> {
  const text = environment?.toString('latin1') ?? '';
  const separator = find(text, 'COMPOSE_PATH_SEPARATOR')?.value ?? ':';
  const given = find(text, 'COMPOSE_FILE');
  if (given !== undefined && given.value !== '') {
    if (/[$`]/.test(given.value)) return err('COMPOSE_FILE in .env is composed of other variables; name the files in the option project.files');
    return ok({ separator, files: given.value.split(separator).filter((file) => file !== '' && file !== pinFile && file !== `./${pinFile}`) });
  }
  const base = bases.find((name) => present.includes(name));
  if (base === undefined) return err(`there is no Compose file (${bases.join(', ')})`);
  const override = overrides.find((name) => present.includes(name));
  return ok({ separator, files: override === undefined ? [base] : [base, override] });
}

/** `.env` with the pin file as the last of COMPOSE_FILE; the very same bytes where that is so already. */
export function stickyEnvironment(environment: Buffer | null, { files, separator }: ProjectFiles, pinFile: string): Buffer {
  // One byte a character: whatever encoding the rest is in stays as it is.
  const text = environment?.toString('latin1') ?? '';
  const value = [...files, pinFile].join(separator);
  const line = `COMPOSE_FILE=${/^[A-Za-z0-9_./:;,@%+-]+$/.test(value) ? value : `"${value}"`}`;
  const given = find(text, 'COMPOSE_FILE');
  if (given === undefined) {
    const gap = text === '' || text.endsWith('\n') ? '' : '\n';
    return Buffer.from(`${text}${gap}# Davit: ${pinFile} pins the images, also for a plain "docker compose up".\n${line}\n`, 'latin1');
  }
  if (given.value === value) return environment ?? Buffer.alloc(0);
  const lines = text.split('\n');
  lines[given.line] = `${line}${(lines[given.line] ?? '').endsWith('\r') ? '\r' : ''}`;
  return Buffer.from(lines.join('\n'), 'latin1');
}
