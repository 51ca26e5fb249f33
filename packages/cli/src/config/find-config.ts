/**
 * Which configuration file is meant: the one that was named, else the one in the working directory.
 * @module
 */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { err, failure, ok, type DavitError, type Result } from '@davit/core/adapter';

const names = ['davit.config.ts', 'davit.config.js', 'davit.config.mjs'];

export async function findConfig(directory: string, given: string | undefined): Promise<Result<string, DavitError>> {
  if (given !== undefined) {
    const path = resolve(directory, given);
    return (await isFile(path)) ? ok(path) : err(failure('configuration_unreadable', `there is no configuration file ${path}`, { path }));
  }
  const found: string[] = [];
  for (const name of names) if (await isFile(join(directory, name))) found.push(name);
  const [first, second] = found;
  if (first === undefined) return err(failure('configuration_unreadable', `there is no ${names.join(', ')} in ${directory}; name a file with --config, or go to the directory that has one`, { path: directory }));
  if (second !== undefined) return err(failure('configuration_invalid', `${directory} has ${found.join(' and ')}; say which one is meant: --config ${first}`, { path: directory }));
  return ok(join(directory, first));
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
