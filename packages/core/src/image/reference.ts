/**
 * Image references: what people write to name an image.
 *
 * Familiar names are filled in as Docker does: `nginx` is `docker.io/library/nginx:latest`, `user/app` is
 * `docker.io/user/app:latest`. A tag is mutable, a digest is not; only digests are promoted.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
 * @module
 */
import { failure, type DavitError } from '../errors/index.js';
import { err, ok, type Result } from '../result.js';
import { isDigest, type Digest } from './digest.js';
import { excerpt } from './excerpt.js';

/** A repository in a registry. */
export interface Repository {
  /** Host, with the port where one is given: `ghcr.io`, `127.0.0.1:5000`, `docker.io`. */
  readonly registry: string;
  /** Path within the registry: `library/nginx`. */
  readonly repository: string;
}

export interface Reference extends Repository {
  /** Mutable name; absent only where a digest is given. */
  readonly tag?: string;
  /** Immutable name; wins over the tag where both are given. */
  readonly digest?: Digest;
}

/** Where a reference points to, without its tag and digest: for other tags and digests there. */
export const repositoryOf = ({ registry, repository }: Repository): Repository => ({ registry, repository });

/** A reference that can only mean one image. */
export interface DigestReference extends Repository {
  readonly digest: Digest;
}

const defaultRegistry = 'docker.io';
const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const label = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const registryPattern = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?$`);
const repositoryPattern = new RegExp(`^${component}(?:/${component})*$`);
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
/** Of the repository, without the registry. */
const maxRepositoryLength = 255;
/** Longer than any that can be used: a repository, a tag, a sha512 digest and a host name of 253 characters. */
const maxReferenceLength = 1024;

type ReferenceFault = DavitError<'reference_invalid'>;

function fault<T>(text: string, why: string): Result<T, ReferenceFault> {
  // People paste URLs with their password in them.
  const shown = excerpt(text, 200).replace(/^((?:[A-Za-z]+:\/\/)?[^/@:]*):[^@]*@(?!sha\d+:)/, '$1:…@');
  return err(failure('reference_invalid', `not an image reference: ${JSON.stringify(shown)}: ${why}`, { reference: shown }));
}

/** What can be said of any text before it is taken apart. */
function faultOfText(text: string): string | undefined {
  if (typeof text !== 'string') return 'it is not a text';
  if (text === '') return 'it is empty';
  if (text.length > maxReferenceLength) return 'it is too long';
  if (/^[A-Za-z]+:\/\//.test(text)) return 'write it without the scheme, as registry/repository:tag';
  return undefined;
}

/** Reads a reference as `docker pull` would. Without tag and digest it gets the tag `latest`. */
export function parseReference(text: string): Result<Reference, ReferenceFault> {
  const wrong = faultOfText(text);
  if (wrong !== undefined) return fault(text, wrong);
  if (/^[a-f0-9]{64}$/.test(text)) return fault(text, 'it is an image id, not a name; write repository@sha256:…');
  let rest = text;
  let digest: Digest | undefined;
  const at = rest.indexOf('@');
  if (at >= 0) {
    const given = rest.slice(at + 1);
    if (!isDigest(given)) return fault(text, 'what follows @ is not a digest');
    digest = given;
    rest = rest.slice(0, at);
  }
  let tag: string | undefined;
  const colon = rest.lastIndexOf(':');
  if (colon > rest.lastIndexOf('/')) {
    tag = rest.slice(colon + 1);
    if (!tagPattern.test(tag)) return fault(text, 'what follows the last colon is not a tag');
    rest = rest.slice(0, colon);
  }
  return parseRepository(rest, text).map((repository) => ({
    ...repository,
    ...(digest === undefined ? { tag: tag ?? 'latest' } : { ...(tag === undefined ? {} : { tag }), digest }),
  }));
}

/** Reads a repository without tag and digest: `ghcr.io/acme/app`, `acme/app`, `nginx`. `whole` is what an error quotes. */
export function parseRepository(text: string, whole = text): Result<Repository, ReferenceFault> {
  const wrong = text === '' ? 'the repository is missing' : faultOfText(text);
  if (wrong !== undefined) return fault(whole, wrong);
  const slash = text.indexOf('/');
  const first = slash < 0 ? '' : text.slice(0, slash);
  const hasHost = slash >= 0 && looksLikeHost(first);
  const registry = hasHost ? (first === 'index.docker.io' ? defaultRegistry : first) : defaultRegistry;
  const path = hasHost ? text.slice(slash + 1) : text;
  const repository = registry === defaultRegistry && path !== '' && !path.includes('/') ? `library/${path}` : path;
  if (!registryPattern.test(registry)) return fault(whole, 'what stands before the first slash is not a host');
  const port = /:([0-9]+)$/.exec(registry)?.[1];
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return fault(whole, `${port.slice(0, 20)} is not a port`);
  if (repository === '') return fault(whole, 'the repository is missing');
  if (repository.length > maxRepositoryLength) return fault(whole, `the repository is longer than ${String(maxRepositoryLength)} characters`);
  if (!isRepository(repository)) return fault(whole, isRepository(repository.toLowerCase()) ? 'a repository is written in lower case' : 'it is not a repository');
  return ok({ registry, repository });
}

/** The first part of a name is a host only if it looks like one; else it is a user of Docker Hub. */
function looksLikeHost(first: string): boolean {
  return first.includes('.') || first.includes(':') || first === 'localhost' || first !== first.toLowerCase();
}

/** Whether the text is the path of a repository within its registry: `library/nginx`. */
export function isRepository(text: string): boolean {
  return typeof text === 'string' && text.length <= maxRepositoryLength && repositoryPattern.test(text);
}

export function isTag(text: string): boolean {
  return typeof text === 'string' && tagPattern.test(text);
}

/** `registry/repository`, without tag and digest. */
export function formatRepository(of: Repository): string {
  return `${of.registry}/${of.repository}`;
}

/** The whole reference, nothing left out: `docker.io/library/nginx:latest`. */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return `${formatRepository(reference)}${tag}${digest}`;
}

/** The short form that people know: `nginx:latest` for `docker.io/library/nginx:latest`. Read again, it is the same reference. */
export function familiarReference(reference: Reference): string {
  const full = formatReference(reference);
  if (reference.registry !== defaultRegistry) return full;
  const parts = reference.repository.split('/');
  // `docker.io/localhost/app` cannot be shortened: it would name another registry.
  if (looksLikeHost(parts[0] ?? '')) return full;
  const short = full.slice(defaultRegistry.length + 1);
  return parts.length === 2 && parts[0] === 'library' ? short.slice('library/'.length) : short;
}
