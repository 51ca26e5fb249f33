/**
 * From the configuration file to a promoter: what every command about promotions begins with.
 * @module
 */
import { dirname, resolve } from 'node:path';
import { createPromoter, err, fileStore, ok, type DavitError, type EnvironmentOptions, type HoldsSecrets, type Promoter, type PromotionStore, type Result } from '@davit/core';
import { cleaner, type Clean } from '../output/printable.js';
import { checkConfig, isFields } from './check-config.js';
import { configurationFault } from './configuration-fault.js';
import type { DavitConfig } from './define-config.js';
import { findConfig } from './find-config.js';
import { readConfig } from './read-config.js';

export interface OpenPromoter {
  readonly promoter: Promoter;
  readonly store: PromotionStore;
  /** Where the store is, in words: a directory, or the name of the store. */
  readonly place: string;
  /** For everything that is printed: takes out what the configured adapters hold secret. */
  readonly clean: Clean;
}

/** @param named What `--config` names. */
export async function openPromoter(directory: string, named: string | undefined): Promise<Result<OpenPromoter, DavitError>> {
  const path = await findConfig(directory, named);
  if (path.isErr()) return err(path.error);
  const exported = await readConfig(path.value);
  if (exported.isErr()) return err(exported.error);
  const config = checkConfig(exported.value, path.value);
  if (config.isErr()) return err(config.error);
  return promoterOf(config.value, path.value);
}

/** @param path Of the configuration file: its directory is where a relative store begins, and errors name it. */
export async function promoterOf(config: DavitConfig, path: string): Promise<Result<OpenPromoter, DavitError>> {
  const { store: given = '.davit' } = config;
  const place = typeof given === 'string' ? resolve(dirname(path), given) : `the ${given.name} store`;
  try {
    const store = typeof given === 'string' ? fileStore({ directory: place }) : given;
    const environments = await withSources(config);
    const promoter = createPromoter({ store, environments });
    return ok({ promoter, store, place, clean: cleaner(() => secretsOf(environments)) });
  } catch (thrown) {
    const fault = configurationFault(thrown, path);
    if (fault !== undefined) return err(fault);
    throw thrown;
  }
}

/** What is no environment is handed on as it is: core says what is wrong with it. */
async function withSources({ environments }: DavitConfig): Promise<Readonly<Record<string, EnvironmentOptions>>> {
  if (!isFields(environments)) return environments;
  const complete: Record<string, EnvironmentOptions> = {};
  for (const [name, environment] of Object.entries(environments)) {
    const source = isFields(environment) && environment.source === undefined ? { source: (await import('@davit/adapter-docker-registry')).dockerRegistry() } : undefined;
    complete[name] = source === undefined ? (environment as EnvironmentOptions) : { ...environment, ...source };
  }
  return complete;
}

function secretsOf(environments: Readonly<Record<string, EnvironmentOptions>>): string[] {
  const adapters = Object.values(environments).flatMap(({ source, target, deployer, tests, approval, endpoints = [], notifiers = [] }): readonly unknown[] => [source, target, deployer, tests, approval, ...endpoints, ...notifiers]);
  return adapters.flatMap((adapter) => [...((adapter as Partial<HoldsSecrets> | undefined)?.secrets?.() ?? [])]);
}
