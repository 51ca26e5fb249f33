/**
 * The outer shape of a configuration. What is inside an environment is checked by core; what is misspelt is found here,
 * because an option that nobody reads would be silently without effect.
 * @module
 */
import { err, failure, ok, type DavitError, type Result } from '@davit/core';
import { releaseFault } from './check-release.js';
import type { DavitConfig, EnvironmentConfig } from './define-config.js';
import { isFields, kindOf, unknownField } from './shape.js';

// The compiler keeps both lists complete.
const configFields: Readonly<Record<keyof DavitConfig, true>> = { store: true, environments: true };
const environmentFields: Readonly<Record<keyof EnvironmentConfig, true>> = {
  source: true,
  target: true,
  deployer: true,
  release: true,
  tests: true,
  checks: true,
  endpoints: true,
  approval: true,
  notifiers: true,
  rollback: true,
  copy: true,
  batches: true,
};
export function checkConfig(value: unknown, path: string): Result<DavitConfig, DavitError> {
  const wrong = (message: string, field?: string): Result<never, DavitError> => err(failure('configuration_invalid', message, { path, ...(field === undefined ? {} : { field }) }));
  if (!isFields(value)) return wrong(`the default export of ${path} is ${kindOf(value)}; it must be an object: export default defineConfig({ … })`);
  const surplus = unknownField(value, configFields);
  if (surplus !== undefined) return wrong(`there is no option ${JSON.stringify(surplus)}; a configuration has ${Object.keys(configFields).join(' and ')}`, surplus);
  const { store, environments } = value;
  if (store !== undefined && !(typeof store === 'string' && store.trim() !== '') && !isFields(store)) return wrong(`store is ${store === '' ? 'empty' : kindOf(store)}; it must be a directory, such as '.davit', or a store, such as fileStore({ directory: '…' })`, 'store');
  if (!isFields(environments)) return wrong(`environments is ${kindOf(environments)}; it must be an object with an environment by name: { production: { … } }`, 'environments');
  if (Object.keys(environments).length === 0) return wrong('environments is empty; name at least one: { production: { … } }', 'environments');
  for (const [name, environment] of Object.entries(environments)) {
    const field = `environments.${name}`;
    if (!isFields(environment)) return wrong(`${field} is ${kindOf(environment)}; it must be an object`, field);
    const unknown = unknownField(environment, environmentFields);
    if (unknown !== undefined) return wrong(`${field} has no option ${JSON.stringify(unknown)}; it has ${Object.keys(environmentFields).join(', ')}`, `${field}.${unknown}`);
    for (const list of ['endpoints', 'notifiers', 'batches']) if (environment[list] !== undefined && !Array.isArray(environment[list])) return wrong(`${field}.${list} is ${kindOf(environment[list])}; it must be a list`, `${field}.${list}`);
    const fault = releaseFault(environment['release'], `${field}.release`);
    if (fault !== undefined) return wrong(fault.message, fault.field);
  }
  return ok(value as unknown as DavitConfig);
}
