/**
 * The sessions in which blobs are uploaded: opened, asked how far they are, and given up.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs
 * @module
 */
import { err, linkedSignal, ok, type Call, type RegistryError, type Result } from '@davit/core/adapter';
import type { Asked } from './asked.js';
import { interrupted, protocolError } from './errors.js';
import type { Exchange } from './exchange.js';
import type { HttpAnswer } from './http.js';
import { lateSignal } from './late-signal.js';
import { redirectTarget } from './redirect.js';
import { repositoryScope } from './scope.js';
import { parseUploadRange } from './upload-range.js';

/** Where an upload goes on, and how many bytes of it the registry has. */
export interface UploadStatus {
  readonly location: URL;
  readonly offset: number;
}

export interface UploadSessions {
  /** Asks for a session (`query` may ask for a mount first); only the answer, whose body is done with, says how to give up what it opened. */
  begin(asked: Asked, query: string, scopes: readonly string[], accept: readonly number[], call: Call): Promise<Result<HttpAnswer, RegistryError>>;
  open(asked: Asked, call: Call): Promise<Result<URL, RegistryError>>;
  /** Where an upload goes on, of an answer that opened one. */
  locationOf(asked: Asked, answer: HttpAnswer): Result<URL, RegistryError>;
  /** How far an upload is whose connection broke; null where the registry does not say, or has nothing of it. An error is worth asking again. */
  status(asked: Asked, location: URL, call: Call): Promise<Result<UploadStatus | null, RegistryError>>;
  /** Lets the registry forget an upload that is not used. It would do so by itself some day, so a failure is none of ours. */
  cancel(asked: Asked, location: URL, call: Call): Promise<void>;
}

/** Cancelling an upload must not hold up whoever wants to stop: opening and cancelling together take less than a second. */
const openWithinMs = 400;
const cancelWithinMs = 500;
/** While nobody wants to stop there is time for the login that cancelling may take, far away too; a copy does not wait for long. */
const longestCancelMs = 10_000;

export function uploadSessions(exchange: Exchange): UploadSessions {
  /** Registries give a path or an address, with a query that must come back as it is. */
  const locationOf: UploadSessions['locationOf'] = (asked, answer) => {
    const base = exchange.endpoint(asked);
    if (base.isErr()) return err(base.error);
    const target = redirectTarget(new URL(`/v2/${asked.repository}/blobs/uploads/`, base.value.origin), answer.header('location'));
    return 'refused' in target ? err(protocolError(asked, `the registry opened an upload, but ${target.refused.replace('a redirect', 'a Location')}`)) : ok(target.url);
  };

  /** When the signal fires the answer is waited for a moment longer. */
  const begin: UploadSessions['begin'] = async (asked, query, scopes, accept, call) => {
    // A pause ends at once when the signal fires: nothing has been opened yet.
    await exchange.untilAllowed(asked, call.signal);
    if (call.signal.aborted) return err(interrupted(asked));
    const late = lateSignal(call.signal, openWithinMs);
    try {
      const answer = await exchange.once({ asked, method: 'POST', at: `${asked.repository}/blobs/uploads/${query}`, scopes, side: 'write', accept }, { ...call, signal: late.signal });
      // Here, while the signal is listened to: a body may be as slow in coming as an answer. The address is known without it.
      if (answer.isOk()) await answer.value.discard();
      return answer;
    } finally {
      late.end();
    }
  };

  return {
    begin,
    locationOf,
    open: async (asked, call) => {
      const session = await begin(asked, '', [repositoryScope(asked.repository, 'push')], [202], call);
      if (session.isErr()) return err(session.error);
      return locationOf(asked, session.value);
    },
    status: async (asked, location, call) => {
      const answer = await exchange.once({ asked, method: 'GET', at: location, scopes: [repositoryScope(asked.repository, 'push')], side: 'control', accept: [204, 404], redirects: 'at home' }, call);
      if (answer.isErr()) return answer.error.retryable ? err(answer.error) : ok(null);
      await answer.value.discard();
      if (answer.value.status === 404) return ok(null);
      // Of no byte and of the first one it is the same text; neither is worth going on from.
      const last = parseUploadRange(answer.value.header('range')) ?? 0;
      const next = locationOf(asked, answer.value);
      return ok(last === 0 ? null : { location: next.unwrapOr(location), offset: last + 1 });
    },
    cancel: async (asked, location, { signal }) => {
      const late = lateSignal(signal, cancelWithinMs);
      const until = linkedSignal(late.signal, AbortSignal.timeout(longestCancelMs));
      try {
        const answer = await exchange.once({ asked, method: 'DELETE', at: location, scopes: [repositoryScope(asked.repository, 'push')], side: 'control', duringPauses: true, accept: [200, 202, 204, 404] }, { signal: until.signal });
        if (answer.isOk()) await answer.value.discard();
      } finally {
        until.end();
        late.end();
      }
    },
  };
}
