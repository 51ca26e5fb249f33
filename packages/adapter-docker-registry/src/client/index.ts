/**
 * The registry client, for authors of adapters for one kind of registry: give {@link createRegistryClient} the credentials
 * and a {@link Dialect}, and it is an `ImageTarget`.
 * @module
 */
export { createRegistryClient, type RegistryClient, type RegistryClientOptions } from './registry-client.js';
export { clientRules, loginRules } from './check-options.js';
export { createSideApi, type SideAnswer, type SideApi, type SideApiOptions, type SideQuestion } from './side-api.js';
export { dockerCredentials } from '../credentials/docker-credentials.js';
export { environmentLogin, fromEnvironment } from '../credentials/environment.js';
export { firstOf } from '../credentials/find-credentials.js';
export type { Dialect } from './dialect.js';
export type { Asked } from './asked.js';
export type { Reading, Refusal } from './refusal.js';
export type { RegistryWords } from './registry-words.js';
export { secretOf } from './credential-lookup.js';
export type { CredentialProvider, Credentials, FoundCredentials } from './credentials.js';
export { endpointOf, type Endpoint, type PlainHttp } from './endpoint.js';
export { guardRealm } from './realm.js';
export type { ClientCertificate, Hosts, HostSettings, Pem } from './host-settings.js';
export type { ConnectionOptions } from './open-transport.js';
export { parseChallenges, type Challenge } from './challenge.js';
export { parseLinks, type Link } from './link.js';
export { mergeScopes } from './scope.js';
export { fallbackTag } from './referrers.js';
export { goDurationMs, retryAfterMs } from './retry-after.js';
