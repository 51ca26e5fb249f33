/**
 * The in-process registry with GitHub's ways, and who may do what in it.
 * @module
 */
import { behaveLikeGhcr, startRegistryServer, type RegistryServer } from '@davit/registry-server';

/** The one who may do everything; `reader` may only pull, and `pusher` not delete. */
export const writer = { name: 'octocat', password: 'ghs_writer' };
export const reader = { name: 'reader', password: 'ghp_reader', allow: [{ repository: '.*', actions: ['pull'] as const }] };
export const pusher = { name: 'pusher', password: 'ghp_pusher', allow: [{ repository: 'octocat/.*', actions: ['pull', 'push'] as const }] };

/** `octocat/app` is public, everything else is private; `acme` is an organisation. */
export function startGhcrLike(): Promise<RegistryServer> {
  return startRegistryServer(behaveLikeGhcr({ users: [writer, reader, pusher], visibility: { 'octocat/app': 'public', 'acme/team/app': 'internal' }, organizations: ['acme'] }));
}
