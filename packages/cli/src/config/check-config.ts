/**
 * The outer shape of a configuration. What is inside an environment is checked by core; what is misspelt is found here,
 * because an option that nobody reads would be silently without effect.
 * @module
 */
import { err, failure, ok, type DavitError, type Result } from '@davit/core';
import type { DavitConfig, EnvironmentConfig } from './define-config.js';

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
const storeMethods = ['newOwner', 'create', 'append', 'read', 'follow', 'list', 'acquireLease', 'renewLease', 'releaseLease'] as const;

export function checkConfig(value: unknown, path: string): Result<DavitConfig, DavitError> {
  const wrong = (message: string, field?: string): Result<never, DavitError> => err(failure('configuration_invalid', message, { path, ...(field === undefined ? {} : { field }) }));
  if (!isObject(value)) return wrong(`the default export of ${path} is ${kindOf(value)}; it must be an object: export default defineConfig({ … })`);
  const surplus = unknownField(value, configFields);
  if (surplus !== undefined) return wrong(`there is no option ${JSON.stringify(surplus)}; a configuration has ${Object.keys(configFields).join(' and ')}`, surplus);
  const { store, environments } = value;
  if (store !== undefined) {
    const missing = isObject(store) ? storeMethods.find((method) => typeof store[method] !== 'function') : 'newOwner';
    if (missing !== undefined) return wrong(`store is ${isObject(store) ? `without ${missing}()` : kindOf(store)}; it must be a store, such as fileStore({ directory: '…' })`, 'store');
  }
  if (!isObject(environments)) return wrong(`environments is ${kindOf(environments)}; it must be an object with an environment by name: { production: { … } }`, 'environments');
  if (Object.keys(environments).length === 0) return wrong('environments is empty; name at least one: { production: { … } }', 'environments');
  for (const [name, environment] of Object.entries(environments)) {
    const field = `environments.${name}`;
    if (!isObject(environment)) return wrong(`${field} is ${kindOf(environment)}; it must be an object`, field);
    const unknown = unknownField(environment, environmentFields);
    if (unknown !== undefined) return wrong(`${field} has no option ${JSON.stringify(unknown)}; it has ${Object.keys(environmentFields).join(', ')}`, `${field}.${unknown}`);
    for (const list of ['endpoints', 'notifiers', 'batches']) if (environment[list] !== undefined && !Array.isArray(environment[list])) return wrong(`${field}.${list} is ${kindOf(environment[list])}; it must be a list`, `${field}.${list}`);
    const release = environment['release'];
    if (!isObject(release)) return wrong(`${field}.release is ${kindOf(release)}; it must be an object with an image by name: { web: { from: '…', to: '…' } }`, `${field}.release`);
    for (const [image, options] of Object.entries(release)) {
      for (const side of ['from', 'to']) {
        const given = isObject(options) ? options[side] : undefined;
        if (typeof given !== 'string') return wrong(`${field}.release.${image}.${side} is ${kindOf(given)}; it must be a text such as 'registry.example.com/team/app'`, `${field}.release.${image}.${side}`);
      }
    }
  }
  return ok(value as unknown as DavitConfig);
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What stands there instead of what should; the value itself may be a secret in the wrong place. */
const kindOf = (value: unknown): string => (value === undefined ? 'missing' : value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`);

const unknownField = (value: Fields, known: Fields): string | undefined => Object.keys(value).find((field) => !Object.hasOwn(known, field));
