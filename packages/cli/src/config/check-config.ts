/**
 * The outer shape of a configuration. What an environment holds is checked by core when the promoter is made, so that a
 * program which has no configuration file is told the same.
 * @module
 */
import { err, failure, kindOf, ok, type DavitError, type Result } from '@davit/core';
import type { DavitConfig } from './define-config.js';

// The compiler keeps it complete.
const configFields: Readonly<Record<keyof DavitConfig, true>> = { store: true, environments: true };

export const isFields = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);

export function checkConfig(value: unknown, path: string): Result<DavitConfig, DavitError> {
  const wrong = (message: string, field?: string): Result<never, DavitError> => err(failure('configuration_invalid', message, { path, ...(field === undefined ? {} : { field }) }));
  if (!isFields(value)) return wrong(`the default export of ${path} is ${kindOf(value)}; it must be an object: export default defineConfig({ … })`);
  const surplus = Object.keys(value).find((field) => !Object.hasOwn(configFields, field));
  if (surplus !== undefined) return wrong(`there is no option ${JSON.stringify(surplus)}; a configuration has ${Object.keys(configFields).join(' and ')}`, surplus);
  const { store } = value;
  if (store !== undefined && !(typeof store === 'string' && store.trim() !== '') && !isFields(store)) return wrong(`store is ${kindOf(store)}; it must be a directory, such as '.davit', or a store, such as fileStore({ directory: '…' })`, 'store');
  return ok(value as unknown as DavitConfig);
}
