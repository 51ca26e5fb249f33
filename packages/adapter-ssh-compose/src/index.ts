/**
 * Deployers for Docker Compose: on hosts reached over SSH, or on this machine.
 * @module
 */
export { sshCompose, type SshComposeOptions, type SshHost, type SshOptions } from './ssh-compose.js';
export { localCompose, type LocalComposeOptions } from './local-compose.js';
export type { ComposeDeployer } from './compose-deployer.js';
export type { ComposeOptions, ComposeProject } from './options.js';
export type { HostKeyOption } from './ssh/host-key.js';
export type { SshLogin } from './ssh/target.js';
