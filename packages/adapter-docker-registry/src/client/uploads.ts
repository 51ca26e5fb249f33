/**
 * Writing blobs: taken over from another repository, or uploaded as one stream.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs
 * @module
 */
import { err, failure, isDigest, linkedSignal, ok, ResultAsync, streamFault, type BlobContent, type BlobStream, type Call, type Descriptor, type DigestReference, type ImageTarget, type RegistryError, type Result } from '@davit/core/adapter';
import { factsOf, sentence, type Asked } from './asked.js';
import type { Authenticator } from './authenticator.js';
import type { BlobOperations } from './blobs.js';
import type { Exchange } from './exchange.js';
import { failing } from './failing.js';
import { bytesFrom, openAhead, type OpenAhead } from './open-ahead.js';
import { repositoryScope } from './scope.js';
import { isRefusal, mayGoOn, type Course, type Failure } from './upload-course.js';
import { uploadSessions, type UploadStatus } from './upload-sessions.js';

export type UploadOperations = Pick<ImageTarget, 'mountBlob' | 'writeBlob'>;

export interface UploadSettings {
  readonly exchange: Exchange;
  readonly authenticator: Authenticator;
  readonly blobs: BlobOperations;
  /** Longest wait in milliseconds for the answer to a whole blob: the registry may hash and move it first. */
  readonly commitTimeoutMs: number;
  /** The largest part of a blob with which a registry lets an upload go on. Default: any. */
  readonly maxChunkBytes?: number;
}

/** One upload: what, from where, and how it went so far. */
interface Upload {
  readonly asked: Asked;
  readonly content: BlobContent;
  readonly source: OpenAhead;
  readonly course: Course;
}

export function uploadOperations({ exchange, authenticator, blobs, commitTimeoutMs, maxChunkBytes = Infinity }: UploadSettings): UploadOperations {
  const sessions = uploadSessions(exchange);

  /** One attempt: goes on where the last one was cut off, else sends the whole. */
  const attempt = async (upload: Upload, call: Call): Promise<Result<void, RegistryError>> => {
    const { asked, content, course } = upload;
    const broken = course.broken;
    course.broken = null;
    if (broken === null) return sendWhole(upload, call);
    const told = await sessions.status(asked, broken, call);
    if (told.isErr() && !course.isUnknown) {
      course.broken = broken;
      course.isUnknown = true;
      return err(told.error);
    }
    course.isUnknown = false;
    const status = told.unwrapOr(null);
    const left = content.descriptor.size - (status?.offset ?? 0);
    if (status !== null && left >= 0 && left <= maxChunkBytes) return sendRest(upload, status, call);
    await sessions.cancel(asked, broken, call);
    return sendWhole(upload, call);
  };

  const sendWhole = async (upload: Upload, call: Call): Promise<Result<void, RegistryError>> => {
    const { asked, source, course } = upload;
    // At once, since far registries are a round trip away each. The source's connection is taken before the one that sends
    // the blob: whoever holds that one can always go on reading.
    const [location, opened] = await Promise.all([sessions.open(asked, call), source.open()]);
    if (location.isErr()) {
      if (opened.isErr()) {
        course.sourceFault = opened.error;
        // One that nobody has read from is kept for the next attempt.
        source.usedUp();
      }
      return err(location.error);
    }
    const sent = await send(upload, { location: location.value, offset: 0 }, opened, call);
    source.usedUp();
    return sent.mapErr(({ error }) => error);
  };

  const sendRest = async (upload: Upload, status: UploadStatus, call: Call): Promise<Result<void, RegistryError>> => {
    const reading = linkedSignal(call.signal);
    try {
      const opened = await upload.content.open(status.offset, { ...call, signal: reading.signal });
      const sent = await send(upload, status, opened, call);
      // A registry may refuse to go on; the whole is another matter.
      return sent.mapErr(({ error, isSources }) => (isSources || error.code === 'interrupted' ? error : { ...error, retryable: true }));
    } finally {
      reading.end();
    }
  };

  const send = async ({ asked, content, course }: Upload, at: UploadStatus, opened: Result<BlobStream, RegistryError>, call: Call): Promise<Result<void, Failure>> => {
    if (opened.isErr()) {
      course.sourceFault = opened.error;
      await sessions.cancel(asked, at.location, call);
      return err({ error: opened.error, isSources: true });
    }
    course.isSent = true;
    const stored = await put(asked, content.descriptor, at, bytesFrom(opened.value, at.offset), call);
    if (stored.isErr() && content.descriptor.size > 0 && mayGoOn(stored.error, at.offset)) course.broken = at.location;
    else if (stored.isErr()) await sessions.cancel(asked, at.location, call);
    return stored;
  };

  const put = async (asked: Asked, descriptor: Descriptor, { location, offset }: UploadStatus, body: AsyncIterable<Uint8Array>, call: Call): Promise<Result<void, Failure>> => {
    let fault: RegistryError | undefined;
    const watched = failing(body, (thrown) => {
      fault = streamFault(thrown);
      return thrown;
    });
    const answer = await exchange.once(
      {
        asked,
        method: 'PUT',
        at: withDigest(location, descriptor),
        scopes: [repositoryScope(asked.repository, 'push')],
        side: 'write',
        accept: [201, 204],
        headers: {
          'content-type': 'application/octet-stream',
          'content-length': String(descriptor.size - offset),
          // Of a whole blob left out: some registries take it for a chunk, and bound that in size.
          ...(offset > 0 && offset < descriptor.size ? { 'content-range': `${String(offset)}-${String(descriptor.size - 1)}` } : {}),
        },
        body: watched,
        timeoutMs: commitTimeoutMs,
      },
      call,
    );
    // What the source said is the cause of whatever the target saw of it.
    if (answer.isErr()) return err(fault === undefined || answer.error.code === 'interrupted' ? { error: afterLoss(asked, answer.error), isSources: false } : { error: fault, isSources: true });
    await answer.value.discard();
    if (fault !== undefined) return err({ error: fault, isSources: true });
    const stored = answer.value.header('docker-content-digest');
    if (stored !== undefined && isDigest(stored) && stored !== descriptor.digest && stored.split(':')[0] === descriptor.digest.split(':')[0]) {
      return err({ error: failure('digest_mismatch', `${sentence(asked)}: the registry stored it as ${stored}`, { ...factsOf(asked), expected: descriptor.digest, actual: stored }), isSources: false });
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
      const course: Course = { isSent: false, broken: null, isUnknown: false, sourceFault: undefined };
      const written = exchange.again(asked, call, async (number) => {
        // Only then: to look takes a connection of those for reading, and one that the source may hold until it is read.
        const mayBeThere = number > 1 && course.isSent;
        course.isSent = false;
        if (mayBeThere && (await isStored(blob, content.descriptor, call))) return ok(undefined);
        const done = await attempt({ asked, content, source, course }, call);
        // The source has asked again by itself as often as it wanted.
        return done.isErr() && course.sourceFault !== undefined ? err({ ...done.error, retryable: false }) : done;
      });
      const ended = async (): Promise<Result<void, RegistryError>> => {
        const result = await written;
        source.usedUp();
        if (course.broken !== null) await sessions.cancel(asked, course.broken, call);
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
        const answer = await sessions.begin(asked, query, [repositoryScope(repository, 'push'), repositoryScope(from.repository, 'pull')], [201, 202], call);
        if (answer.isErr()) return isRefusal(answer.error) ? ok(false) : err(answer.error);
        if (answer.value.status === 201) return ok(true);
        const location = sessions.locationOf(asked, answer.value);
        if (location.isOk()) await sessions.cancel(asked, location.value, call);
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
