/**
 * What a configuration file imports. The command itself is `davit`.
 * @module
 */
export { defineConfig, type DavitConfig, type EnvironmentConfig } from './config/define-config.js';
