/**
 * A stream whose failures are seen, and put into other words. Not a generator: each of its steps would take several turns of
 * the event loop where this takes one, for every piece of every blob; and one that nobody has begun would not let go of what
 * it reads when it is left.
 * @module
 */
export interface Around {
  /** Asked before each piece; what it gives is the failure. */
  readonly before?: () => Error | undefined;
  /** Called when the stream is left early. */
  readonly after?: () => Promise<void>;
}

/** The same stream; `words` is told what it throws, and gives what is thrown instead. */
export function failing(body: AsyncIterable<Uint8Array>, words: (thrown: unknown) => unknown, { before, after }: Around = {}): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
      const pieces = body[Symbol.asyncIterator]();
      const fail = (thrown: unknown): never => {
        throw words(thrown);
      };
      return {
        next: () => {
          const fault = before?.();
          return fault === undefined ? pieces.next().catch(fail) : Promise.reject(fault);
        },
        async return() {
          await pieces.return?.();
          await after?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
