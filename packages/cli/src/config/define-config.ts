/**
 * The shape of `davit.config.ts`, and the function that gives it types in an editor.
 * @module
 */
import type { EnvironmentOptions, ImageSource, PromotionStore } from '@davit/core';

/** An environment as a configuration file has it. */
export interface EnvironmentConfig extends Omit<EnvironmentOptions, 'source'> {
  /** Where the tested image is. Default: `dockerRegistry()`, which reads every registry with the logins of `docker login`. */
  readonly source?: ImageSource;
}

export interface DavitConfig {
  /** Where the journals are kept: a directory, relative to the configuration file, or a store. Default: `.davit`. */
  readonly store?: string | PromotionStore;
  /** By name: `production`. */
  readonly environments: Readonly<Record<string, EnvironmentConfig>>;
}

/**
 * Gives a configuration its types; it returns what it is given.
 *
 * @example
 * export default defineConfig({ environments: { production: { target: dockerRegistry(), deployer, release } } });
 */
export function defineConfig(config: DavitConfig): DavitConfig {
  return config;
}
