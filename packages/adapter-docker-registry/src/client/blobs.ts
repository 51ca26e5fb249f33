/**
 * Reading blobs: their sizes, and their bytes as a stream.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-blobs
 * @module
 */
import { err, failure, ok, StreamFault, type BlobStream, type Call, type DigestReference, type ImageSource, type RegistryError, type Result } from '@davit/core/adapter';
import { factsOf, sentence, type Asked } from './asked.js';
import { parseContentRange } from './content-range.js';
import { failing } from './failing.js';
import { interrupted, protocolError } from './errors.js';
import type { Exchange, Question } from './exchange.js';
import type { HttpAnswer } from './http.js';
import { broken } from './network-fault.js';
import { repositoryScope } from './scope.js';

export interface BlobOperations extends Pick<ImageSource, 'readBlob' | 'statBlob'>, Required<Pick<ImageSource, 'readBlobRange'>> {
  /** Looks for a blob once, without asking again. */
  readonly statOnce: (blob: DigestReference, call: Call) => Promise<Result<number | null, RegistryError>>;
}

export function blobOperations(exchange: Exchange): BlobOperations {
  const question = (asked: Asked, method: 'GET' | 'HEAD', digest: string): Question => ({ asked, method, at: `${asked.repository}/blobs/${digest}`, scopes: [repositoryScope(asked.repository, 'pull')], side: 'read', accept: method === 'HEAD' ? [200, 404] : [200] });

  const askedFor = ({ registry, repository, digest }: DigestReference, verb: string): Asked => ({ registry, repository, subject: 'blob', what: `${verb} the blob ${digest}`, facts: { digest } });

  const statOnce: BlobOperations['statOnce'] = async (blob, call) => {
    const asked = askedFor(blob, 'find');
    const answer = await exchange.once(question(asked, 'HEAD', blob.digest), call);
    // Storage behind a registry refuses a HEAD where the address was signed for GET alone; only that refusal is retryable.
    if (answer.isErr()) return answer.error.code === 'registry_denied' && answer.error.retryable ? measure(asked, blob, call) : err(answer.error);
    await answer.value.discard();
    if (answer.value.status === 404) return ok(null);
    const length = contentLength(answer.value);
    return length === null ? measure(asked, blob, call) : ok(length);
  };

  /** A HEAD without a length proves nothing; the blob itself is asked for, and counted where even that does not say. */
  const measure = async (asked: Asked, { digest }: DigestReference, call: Call): Promise<Result<number | null, RegistryError>> => {
    const answer = await exchange.once({ ...question(asked, 'GET', digest), accept: [200, 404] }, call);
    if (answer.isErr()) return err(answer.error);
    const length = contentLength(answer.value);
    if (answer.value.status === 404 || length !== null) {
      await answer.value.discard();
      return ok(answer.value.status === 404 ? null : length);
    }
    let counted = 0;
    try {
      for await (const piece of answer.value.body) counted += piece.length;
    } catch (thrown) {
      return err(broken(asked, thrown, call.signal));
    }
    return ok(counted);
  };

  const openOnce = async (asked: Asked, { digest }: DigestReference, offset: number, call: Call): Promise<Result<BlobStream, RegistryError>> => {
    const part = offset > 0 ? { side: 'resume' as const, headers: { range: `bytes=${String(offset)}-` }, accept: [200, 206, 416] } : {};
    const answer = await exchange.once({ ...question(asked, 'GET', digest), ...part }, call);
    if (answer.isErr()) return err(answer.error);
    const { status } = answer.value;
    if (status === 200) return ok({ offset: 0, body: bodyOf(asked, answer.value, call) });
    const said = answer.value.header('content-range') ?? '';
    const range = parseContentRange(said);
    if (status === 416) {
      await answer.value.discard();
      // Asking behind the last byte is no error of the blob: there is nothing more to come.
      if (range?.first === null && range.size === offset) return ok({ offset, body: nothing() });
      return err(failure('size_mismatch', `${sentence(asked)}: the registry has no bytes from ${String(offset)} on`, { ...factsOf(asked), status }));
    }
    if (range?.first !== offset) {
      await answer.value.discard();
      return err(protocolError(asked, `bytes from ${String(offset)} on were asked for, and the registry sent ${said === '' ? 'a part without saying which' : JSON.stringify(said.slice(0, 80))}`));
    }
    return ok({ offset, body: bodyOf(asked, answer.value, call) });
  };

  const openRange = async (asked: Asked, { digest }: DigestReference, offset: number, length: number, call: Call): Promise<Result<BlobStream, RegistryError>> => {
    const last = offset + length - 1;
    const answer = await exchange.once({ ...question(asked, 'GET', digest), side: 'resume', headers: { range: `bytes=${String(offset)}-${String(last)}` }, accept: [200, 206] }, call);
    if (answer.isErr()) return err(answer.error);
    const range = parseContentRange(answer.value.header('content-range') ?? '');
    if (answer.value.status === 206 && range?.first === offset && range.last === last) return ok({ offset, body: bodyOf(asked, answer.value, call) });
    await answer.value.discard();
    return err(protocolError(asked, `bytes ${String(offset)} to ${String(last)} were asked for, and the registry sent others`));
  };

  return {
    statOnce,
    readBlobRange: (blob, offset, length, call) => {
      const asked = askedFor(blob, 'read');
      return exchange.again(asked, call, () => openRange(asked, blob, offset, length, call));
    },
    statBlob: (blob, call) => exchange.again(askedFor(blob, 'find'), call, () => statOnce(blob, call)),
    readBlob: (blob, offset, call) => {
      const asked = askedFor(blob, 'read');
      return exchange.again(asked, call, () => openOnce(asked, blob, offset, call));
    },
  };
}

function contentLength(answer: HttpAnswer): number | null {
  const length = answer.header('content-length');
  return length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : null;
}

/** The body with its failures put into our words. */
function bodyOf(asked: Asked, answer: HttpAnswer, call: Call): AsyncIterable<Uint8Array> {
  return failing(answer.body, (thrown) => new StreamFault(broken(asked, thrown, call.signal)), {
    before: () => (call.signal.aborted ? new StreamFault(interrupted(asked)) : undefined),
    // A stream that nobody has read from yet is still open.
    after: () => answer.discard(),
  });
}

async function* nothing(): AsyncIterable<Uint8Array> {
  // A blob that was read to its end.
}
