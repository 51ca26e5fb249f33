/**
 * Deployers for Docker Compose: on hosts reached over SSH, or on this machine.
 * @module
 */
export { sshCompose } from './ssh-compose.js';
export type { SshComposeOptions, SshHost, SshOptions } from './ssh-options.js';
export { localCompose, type LocalComposeOptions } from './local-compose.js';
export type { ComposeDeployer } from './compose-deployer.js';
export type { ComposeOptions, ComposeProject } from './options.js';
export type { HostKeyOption } from './ssh/host-key.js';
export type { SshLogin } from './ssh/target.js';
