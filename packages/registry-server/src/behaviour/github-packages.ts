/**
 * GitHub's API of packages over the contents of the registry: what a package is, its versions, and deleting one. A version is
 * a manifest; its tags go with it.
 * @see https://docs.github.com/en/rest/packages/packages
 * @module
 */
import type { Digest } from '@davit/core';
import { jsonAnswer, type Answer, type RegistryRequest } from '../answer.js';
import { mayAccess, type Action, type User } from '../auth/access.js';
import type { Registry } from '../registry.js';

export type PackageVisibility = 'public' | 'private' | 'internal';

export interface GithubPackagesOptions {
  readonly visibilityOf: (repository: string) => PackageVisibility;
  readonly organizations: readonly string[];
}

export type SideApi = (request: RegistryRequest) => Promise<Answer> | undefined;

const pathPattern = /^\/(orgs|users)\/([^/]+)\/packages\/container\/(.+?)(\/versions(?:\/(\d{1,15}))?)?$/;

/** Answers `/orgs/…` and `/users/…`; undefined for every other path. */
export function githubPackages(registry: Registry, users: readonly User[], { visibilityOf, organizations }: GithubPackagesOptions): SideApi {
  const ids = new Map<string, number>();
  const idOf = (repository: string, digest: Digest): number => {
    const key = `${repository}@${digest}`;
    const id = ids.get(key) ?? 1000 + ids.size;
    ids.set(key, id);
    return id;
  };
  const refuse = (status: number, message: string): Answer => jsonAnswer(status, { message, documentation_url: 'https://docs.github.com/rest', status: String(status) });
  const notFound = refuse(404, 'Package not found.');

  const versions = (repository: string) =>
    registry.catalog.manifests(repository).map(({ digest }) => ({
      id: idOf(repository, digest),
      name: digest,
      metadata: { package_type: 'container', container: { tags: registry.catalog.tags(repository).filter((tag) => registry.catalog.tag(repository, tag) === digest) } },
    }));

  const answer = async (request: RegistryRequest, [, kind = '', owner = '', name = '', list, id]: RegExpExecArray): Promise<Answer> => {
    const token = /^(?:bearer|token) +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const user = users.find(({ password }) => password === token);
    if (request.headers['user-agent'] === undefined) return refuse(403, 'Request forbidden by administrative rules. Please make sure your request has a User-Agent header.');
    if (user === undefined) return refuse(401, token === undefined ? 'Requires authentication' : 'Bad credentials');
    const repository = `${owner}/${name}`;
    const may = (action: Action): boolean => mayAccess(user, { repository, action });
    // What one may not see is not there.
    if ((kind === 'orgs') !== organizations.includes(owner) || !registry.catalog.knows(repository) || !may('pull')) return notFound;
    if (list === undefined) return request.method === 'GET' ? jsonAnswer(200, { id: 1, name, package_type: 'container', visibility: visibilityOf(repository), version_count: versions(repository).length }) : notFound;
    const all = versions(repository);
    if (id === undefined) return page(request, all);
    const version = all.find((each) => String(each.id) === id);
    if (version === undefined) return notFound;
    if (request.method === 'GET') return jsonAnswer(200, version);
    if (request.method !== 'DELETE') return notFound;
    if (!may('delete')) return refuse(403, 'You need at least delete:packages scope to delete a package.');
    const tagged = all.filter(({ metadata }) => metadata.container.tags.length > 0);
    if (version.metadata.container.tags.length > 0 && tagged.length === 1) return refuse(400, 'You cannot delete the last tagged version of a package. You must delete the package instead.');
    await registry.catalog.deleteManifest(repository, version.name);
    return { status: 204 };
  };

  return (request) => {
    const match = pathPattern.exec(request.path);
    return match === null ? undefined : answer(request, match);
  };

  function page(request: RegistryRequest, all: readonly unknown[]): Answer {
    const size = Math.min(Number(request.query.get('per_page') ?? 30), 100, registry.features.pageSize);
    const at = Number(request.query.get('page') ?? 1);
    const more = at * size < all.length;
    const next = new URLSearchParams({ per_page: String(size), page: String(at + 1) }).toString();
    return jsonAnswer(200, all.slice((at - 1) * size, at * size), more ? { link: `<${registry.origin()}${encodePath(request.path)}?${next}>; rel="next", <${registry.origin()}/last>; rel="last"` } : {});
  }
}

/** The name of a package is one part of the path: its slashes are encoded. */
function encodePath(path: string): string {
  return path.replace(/^(\/[^/]+\/[^/]+\/packages\/container\/)(.+)(\/versions)$/, (_, before: string, name: string, after: string) => `${before}${encodeURIComponent(name)}${after}`);
}
