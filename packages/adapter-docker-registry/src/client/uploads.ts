/**
 * Writing blobs: taken over from another repository, or uploaded as one stream.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs
 * @module
 */
import { err, failure, isDigest, ok, ResultAsync, streamFault, type Call, type Descriptor, type DigestReference, type ImageTarget, type RegistryError, type Result } from '@davit/core/adapter';
import { factsOf, sentence, type Asked } from './asked.js';
import type { Authenticator } from './authenticator.js';
import type { BlobOperations } from './blobs.js';
import { interrupted, protocolError } from './errors.js';
import type { Exchange } from './exchange.js';
import type { HttpAnswer } from './http.js';
import { lateSignal } from './linked-signal.js';
import { openAhead, type OpenAhead } from './open-ahead.js';
import { redirectTarget } from './redirect.js';
import { repositoryScope } from './scope.js';

export type UploadOperations = Pick<ImageTarget, 'mountBlob' | 'writeBlob'>;

export interface UploadSettings {
  readonly exchange: Exchange;
  readonly authenticator: Authenticator;
  readonly blobs: BlobOperations;
  /** Longest wait in milliseconds for the answer to a whole blob: the registry may hash and move it first. */
  readonly commitTimeoutMs: number;
}

/** What is known of an upload over all its attempts. */
interface Course {
  /** The bytes were sent in the last attempt, so that the registry may have them although its answer was lost. */
  isSent: boolean;
  sourceFault: RegistryError | undefined;
}

/** Cancelling an upload must not hold up whoever wants to stop: opening and cancelling together take less than a second. */
const openWithinMs = 400;
const cancelWithinMs = 500;

export function uploadOperations({ exchange, authenticator, blobs, commitTimeoutMs }: UploadSettings): UploadOperations {
  /** Only the answer says how to cancel what it opened: when the signal fires it is waited for a moment longer. */
  const begin = async (asked: Asked, query: string, scopes: readonly string[], accept: readonly number[], call: Call): Promise<Result<HttpAnswer, RegistryError>> => {
    // A pause ends at once when the signal fires: nothing has been opened yet.
    await exchange.untilAllowed(asked, call.signal);
    if (call.signal.aborted) return err(interrupted(asked));
    const late = lateSignal(call.signal, openWithinMs);
    try {
      return await exchange.once({ asked, method: 'POST', at: `${asked.repository}/blobs/uploads/${query}`, scopes, side: 'write', accept }, { ...call, signal: late.signal });
    } finally {
      late.end();
    }
  };

  /** Where the upload goes on. Registries give a path or an address, with a query that must come back as it is. */
  const locationOf = (asked: Asked, answer: HttpAnswer): Result<URL, RegistryError> => {
    const base = exchange.endpoint(asked);
    if (base.isErr()) return err(base.error);
    const target = redirectTarget(new URL(`/v2/${asked.repository}/blobs/uploads/`, base.value.origin), answer.header('location'));
    return 'refused' in target ? err(protocolError(asked, `the registry opened an upload, but ${target.refused.replace('a redirect', 'a Location')}`)) : ok(target.url);
  };

  /** Lets the registry forget an upload that is not used. It would do so by itself some day, so a failure is none of ours. */
  const cancel = async (asked: Asked, location: URL): Promise<void> => {
    const answer = await exchange.once({ asked, method: 'DELETE', at: location, scopes: [repositoryScope(asked.repository, 'push')], side: 'control', accept: [200, 202, 204, 404] }, { signal: AbortSignal.timeout(cancelWithinMs) });
    if (answer.isOk()) await answer.value.discard();
  };

  const uploadOnce = async (asked: Asked, descriptor: Descriptor, source: OpenAhead, course: Course, call: Call): Promise<Result<void, RegistryError>> => {
    // At once, since far registries are a round trip away each. The source's connection is taken before the one that sends
    // the blob: whoever holds that one can always go on reading.
    const [location, opened] = await Promise.all([openSession(asked, call), source.open()]);
    if (opened.isErr()) {
      course.sourceFault = opened.error;
      source.usedUp();
    }
    if (location.isErr()) return err(location.error);
    course.isSent ||= opened.isOk();
    const stored = opened.isErr() ? opened : await put(asked, descriptor, withDigest(location.value, descriptor), opened.value.body, call);
    source.usedUp();
    if (stored.isOk()) return ok(undefined);
    await cancel(asked, location.value);
    return err(stored.error);
  };

  const openSession = async (asked: Asked, call: Call): Promise<Result<URL, RegistryError>> => {
    const session = await begin(asked, '', [repositoryScope(asked.repository, 'push')], [202], call);
    if (session.isErr()) return err(session.error);
    await session.value.discard();
    return locationOf(asked, session.value);
  };

  const put = async (asked: Asked, descriptor: Descriptor, location: URL, body: AsyncIterable<Uint8Array>, call: Call): Promise<Result<void, RegistryError>> => {
    let fault: RegistryError | undefined;
    const watched = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield* body;
      } catch (thrown) {
        fault = streamFault(thrown);
        throw thrown;
      }
    };
    const answer = await exchange.once(
      {
        asked,
        method: 'PUT',
        at: location,
        scopes: [repositoryScope(asked.repository, 'push')],
        side: 'write',
        accept: [201, 204],
        // Without Content-Range, which some registries take for a chunk and bound in size.
        headers: { 'content-type': 'application/octet-stream', 'content-length': String(descriptor.size) },
        body: watched(),
        timeoutMs: commitTimeoutMs,
      },
      call,
    );
    // What the source said is the cause of whatever the target saw of it.
    if (answer.isErr()) return err(fault === undefined || answer.error.code === 'interrupted' ? afterLoss(asked, answer.error) : fault);
    await answer.value.discard();
    if (fault !== undefined) return err(fault);
    const stored = answer.value.header('docker-content-digest');
    if (stored !== undefined && isDigest(stored) && stored !== descriptor.digest && stored.split(':')[0] === descriptor.digest.split(':')[0]) {
      return err(failure('digest_mismatch', `${sentence(asked)}: the registry stored it as ${stored}`, { ...factsOf(asked), expected: descriptor.digest, actual: stored }));
    }
    return ok(undefined);
  };

  /**
   * A registry that does not take the login may answer and hang up while we still send; then the answer is lost, and all
   * that is seen is a broken connection. So a broken upload logs in anew before it is tried again.
   */
  const afterLoss = (asked: Asked, error: RegistryError): RegistryError => {
    if (error.code !== 'registry_unauthorized' && error.code !== 'registry_unreachable') return error;
    authenticator.forget(asked.registry, asked.repository);
    return error.code === 'registry_unauthorized' ? { ...error, retryable: true } : error;
  };

  return {
    writeBlob: (blob, content, call) => {
      const { registry, repository, digest } = blob;
      const asked: Asked = { registry, repository, subject: 'upload', what: `upload the blob ${digest}`, facts: { digest } };
      const source = openAhead(content, call);
      const course: Course = { isSent: false, sourceFault: undefined };
      const written = exchange.again(asked, call, async (attempt) => {
        // Only then: to look takes a connection of those for reading, and one that the source may hold until it is read.
        const mayBeThere = attempt > 1 && course.isSent;
        course.isSent = false;
        if (mayBeThere && (await isStored(blob, content.descriptor, call))) return ok(undefined);
        const done = await uploadOnce(asked, content.descriptor, source, course, call);
        // The source has asked again by itself as often as it wanted.
        return done.isErr() && course.sourceFault !== undefined ? err({ ...done.error, retryable: false }) : done;
      });
      const ended = async (): Promise<Result<void, RegistryError>> => {
        const result = await written;
        source.usedUp();
        return result.mapErr((error) => (error.code === 'interrupted' ? error : (course.sourceFault ?? error)));
      };
      return new ResultAsync(ended());
    },
    mountBlob: (blob, from, call) => {
      const { registry, repository, digest } = blob;
      const asked: Asked = { registry, repository, subject: 'upload', what: `take over the blob ${digest} from ${from.repository}`, facts: { digest } };
      return exchange.again(asked, call, async () => {
        if (from.registry !== registry || from.repository === repository) return ok(false);
        const query = `?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from.repository)}`;
        const answer = await begin(asked, query, [repositoryScope(repository, 'push'), repositoryScope(from.repository, 'pull')], [201, 202], call);
        if (answer.isErr()) return isRefusal(answer.error) ? ok(false) : err(answer.error);
        await answer.value.discard();
        if (answer.value.status === 201) return ok(true);
        const location = locationOf(asked, answer.value);
        if (location.isOk()) await cancel(asked, location.value);
        return ok(false);
      });
    },
  };

  /** The answer to an upload may have been lost, and not the upload. */
  async function isStored(blob: DigestReference, descriptor: Descriptor, call: Call): Promise<boolean> {
    const found = await blobs.statOnce(blob, call);
    return found.isOk() && found.value === descriptor.size;
  }
}

/** The query that the registry gave is its state: it goes back untouched. */
function withDigest(location: URL, { digest }: Descriptor): URL {
  const url = new URL(location);
  url.search = `${url.search === '' ? '?' : `${url.search}&`}digest=${encodeURIComponent(digest)}`;
  return url;
}

const notRefusals: readonly RegistryError['code'][] = ['interrupted', 'reference_invalid', 'registry_certificate', 'registry_unreachable'];

/** The registry will not mount, for whatever reason of its own; an upload may still work. */
function isRefusal({ code, retryable }: RegistryError): boolean {
  return !retryable && !notRefusals.includes(code);
}
