/**
 * An OCI registry inside the process, with faults that can be switched on. For tests, demo and examples.
 * @module
 */
export { startRegistryServer, type RegistryServer, type RegistryServerOptions } from './registry-server.js';
export { behaveLikeGhcr, ghcrRateLimit, githubSecondaryLimit, type GhcrBehaviour } from './behaviour/ghcr.js';
export type { GithubPackagesOptions, PackageVisibility } from './behaviour/github-packages.js';
export type { RegistryFeatures } from './registry.js';
export type { RegistryStore, StoredContent } from './registry-store.js';
export type { Fault, FaultEffect, FaultHandle } from './fault.js';
export type { Faults } from './faults.js';
export type { LoggedRequest, RequestFilter, RequestLog } from './request-log.js';
export type { Access, AccessRule, Action, User } from './auth/access.js';
export { buildImage, type BuiltContent, type BuiltImage, type BuiltManifest, type ImageSpec, type RunConfig } from './image/image-builder.js';
export { pushImage, pushReferrer, storeImage, type PushedImage, type PushImageOptions } from './image/push-image.js';
export { tar, type TarFile } from './image/tar.js';
export type { BasicAuthOptions } from './auth/authenticator.js';
export type { TokenAuthOptions } from './auth/token-auth.js';
