/**
 * Real services for the end-to-end tests: a Docker engine with Compose, a registry and an SSH server, each started on
 * loopback under a temporary directory and gone with the process that started it. Nothing here knows a test runner.
 * @module
 */
export { findTools, missing, required, skipWithout, type Tool, type Tools } from './tools.js';
export { startService, type Service, type ServiceOptions } from './service.js';
export { freePort } from './free-port.js';
export { run, type RunOptions, type RunResult } from './run.js';
export { startDockerRegistry, type DockerRegistry, type DockerRegistryOptions } from './docker-registry.js';
export { startDockerEngine, type DockerEngine, type DockerEngineOptions } from './docker-engine.js';
export type { TokenService, TokenServiceOptions } from './token-service.js';
export { type BusyboxImage } from './busybox-image.js';
export { startSshd, type Sshd, type SshdOptions } from './sshd.js';
