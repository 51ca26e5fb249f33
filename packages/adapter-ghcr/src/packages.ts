/**
 * What the registry itself does not offer, by GitHub's API of packages: who may read an image, and deleting one.
 * @see https://docs.github.com/en/rest/packages/packages
 * @module
 */
import { err, failure, ok, ResultAsync, type Call, type DigestReference, type RegistryError, type Repository, type Result } from '@davit/core/adapter';
import type { Asked, SideApi } from '@davit/adapter-docker-registry/client';

export type PackageVisibility = 'public' | 'private' | 'internal';

export interface GhcrPackages {
  /** Who may read the package: everybody, those who were let in, or the enterprise. Needs a token with `read:packages`. */
  visibility(repository: Repository, call: Call): ResultAsync<PackageVisibility, RegistryError>;
  /**
   * Deletes the version with that digest, and with it every tag that names it: GHCR has no way to take a tag alone. Where `tag`
   * is given, a version that carries other tags too, or lacks that one, is left and refused. False where there is no such
   * version. GitHub refuses to delete the last tagged version of a package. Needs a token with `delete:packages`.
   */
  deleteVersion(version: DigestReference & { readonly tag?: string }, call: Call): ResultAsync<boolean, RegistryError>;
}

interface Version {
  readonly id: number;
  readonly name: string;
  readonly tags: readonly string[];
}

/** More pages of a hundred than a package has versions; a list that goes on is in a loop. */
const mostPages = 1000;

export function packagesOf(api: SideApi): GhcrPackages {
  const protocol = (asked: Asked): RegistryError => failure('registry_protocol', `${asked.registry}/${asked.repository}: cannot ${asked.what}: GitHub answered with something else than it documents`, place(asked));

  /** The package as GitHub describes it, and where it is: owners that are organisations have a path of their own. */
  const find = async (asked: Asked, call: Call): Promise<Result<{ readonly path: string; readonly document: unknown }, RegistryError>> => {
    const [owner = '', ...name] = asked.repository.split('/');
    for (const kind of ['orgs', 'users']) {
      const path = `${kind}/${encodeURIComponent(owner)}/packages/container/${encodeURIComponent(name.join('/'))}`;
      const found = await api.ask({ asked, method: 'GET', at: path, accept: [200, 404] }, call);
      if (found.isErr()) return err(found.error);
      if (found.value.status === 200) return ok({ path, document: found.value.document });
    }
    return err(failure('manifest_not_found', `${asked.registry}/${asked.repository}: cannot ${asked.what}: GitHub knows no such package, or the token may not see it`, { ...place(asked), status: 404 }));
  };

  const versionOf = async (asked: Asked, path: string, digest: string, call: Call): Promise<Result<Version | null, RegistryError>> => {
    let at: string | null = `${path}/versions?per_page=100`;
    for (let page = 0; at !== null && page < mostPages; page += 1) {
      const answer: Awaited<ReturnType<SideApi['ask']>> = await api.ask({ asked, method: 'GET', at, accept: [200] }, call);
      if (answer.isErr()) return err(answer.error);
      if (!Array.isArray(answer.value.document)) return err(protocol(asked));
      const entry: unknown = answer.value.document.find((each: unknown) => (each as { name?: unknown } | null)?.name === digest);
      if (entry !== undefined) {
        const version = readVersion(entry);
        return version === null ? err(protocol(asked)) : ok(version);
      }
      at = answer.value.next;
    }
    return ok(null);
  };

  const visibility = async ({ registry, repository }: Repository, call: Call): Promise<Result<PackageVisibility, RegistryError>> => {
    const asked: Asked = { registry, repository, subject: 'manifest', what: 'see who may read it' };
    const found = await find(asked, call);
    if (found.isErr()) return err(found.error);
    const { visibility: said } = found.value.document as { visibility?: unknown };
    return said === 'public' || said === 'private' || said === 'internal' ? ok(said) : err(protocol(asked));
  };

  const deleteVersion = async ({ registry, repository, digest, tag }: Parameters<GhcrPackages['deleteVersion']>[0], call: Call): Promise<Result<boolean, RegistryError>> => {
    const asked: Asked = { registry, repository, subject: 'manifest', what: `delete ${digest}`, facts: { digest } };
    const found = await find(asked, call);
    if (found.isErr()) return err(found.error);
    const version = await versionOf(asked, found.value.path, digest, call);
    if (version.isErr()) return err(version.error);
    if (version.value === null) return ok(false);
    const { id, tags } = version.value;
    if (tag !== undefined && (tags.length !== 1 || tags[0] !== tag)) {
      return err(failure('registry_refused', `${registry}/${repository}: cannot delete ${digest}: it carries ${tags.length === 0 ? 'no tag' : `the tags ${tags.join(', ')}`}, not ${tag} alone`, { ...place(asked), tag, digest }));
    }
    const deleted = await api.ask({ asked, method: 'DELETE', at: `${found.value.path}/versions/${String(id)}`, accept: [204, 404] }, call);
    // It was there a moment ago: not found means that an earlier attempt, or somebody else, has deleted it.
    return deleted.map(() => true);
  };

  return {
    visibility: (repository, call) => new ResultAsync(visibility(repository, call)),
    deleteVersion: (version, call) => new ResultAsync(deleteVersion(version, call)),
  };
}

const place = ({ registry, repository }: Asked): Repository => ({ registry, repository });

function readVersion(entry: unknown): Version | null {
  const { id, name, metadata } = entry as { id?: unknown; name?: unknown; metadata?: { container?: { tags?: unknown } } };
  const tags = metadata?.container?.tags;
  return Number.isSafeInteger(id) && typeof name === 'string' && Array.isArray(tags) && tags.every((tag) => typeof tag === 'string') ? { id: id as number, name, tags } : null;
}
