/**
 * The forms in which one blob can go from a registry to another: those of undici, and node:http. Each reads, hashes and
 * writes; none holds the whole blob. What came of the comparison is docs/decisions/0006-undici-in-parts.md.
 * @module
 */
import { createHash, type Hash } from 'node:crypto';
import http, { type IncomingMessage } from 'node:http';
import { PassThrough, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Agent, pipeline as undiciPipeline, request, stream, type Dispatcher } from 'undici';

/** Reads `source`, writes to `upload`, and answers with the digest of what went through and the registry's status. */
export type BlobForm = (source: URL, upload: URL, size: number) => Promise<{ readonly sha256: string; readonly status: number }>;

// Reading and writing never share connections, as in the client.
const reading = new Agent({ connections: 10 });
const writing = new Agent({ connections: 10 });
const readingHttp = new http.Agent({ keepAlive: true });
const writingHttp = new http.Agent({ keepAlive: true });

const headersOf = (size: number): Record<string, string> => ({ 'content-length': String(size), 'content-type': 'application/octet-stream' });

async function put(upload: URL, body: AsyncIterable<Uint8Array>, size: number): Promise<number> {
  const answer = await request(upload, { method: 'PUT', dispatcher: writing, body: body as unknown as Transform, headers: headersOf(size) });
  await answer.body.dump();
  return answer.statusCode;
}

const hashing = (hash: Hash): Transform =>
  new Transform({
    transform(piece: Buffer, _encoding, done) {
      hash.update(piece);
      done(null, piece);
    },
  });

/** The answer of undici's dispatch as an iteration: no stream of Node's in between. */
function dispatched(source: URL): AsyncIterable<Buffer> {
  const [most, least] = [256 * 1024, 64 * 1024];
  const waiting: Buffer[] = [];
  let held = 0;
  let ended = false;
  let fault: Error | undefined;
  let wake: (() => void) | undefined;
  let control: Dispatcher.DispatchController | undefined;
  const stir = (): void => {
    wake?.();
    wake = undefined;
  };
  reading.dispatch(
    { origin: source.origin, path: source.pathname, method: 'GET' },
    {
      onRequestStart: (controller) => { control = controller; },
      onResponseData: (controller, piece) => {
        waiting.push(piece);
        held += piece.length;
        if (held >= most) controller.pause();
        stir();
      },
      onResponseEnd: () => {
        ended = true;
        stir();
      },
      onResponseError: (_controller, error) => {
        fault = error;
        stir();
      },
    },
  );
  return {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        for (let piece = waiting.shift(); piece !== undefined; piece = waiting.shift()) {
          held -= piece.length;
          if (held < least && control?.paused === true) control.resume();
          yield piece;
        }
        if (fault !== undefined) throw fault;
        if (ended) return;
        await new Promise<void>((resolve) => { wake = resolve; });
      }
    },
  };
}

async function* hashed(body: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    hash.update(piece);
    yield piece;
  }
}

export const blobForms: Readonly<Record<string, BlobForm>> = {
  request: async (source, upload, size) => {
    const hash = createHash('sha256');
    const { body } = await request(source, { dispatcher: reading });
    const status = await put(upload, hashed(body as AsyncIterable<Uint8Array>, hash), size);
    return { sha256: hash.digest('hex'), status };
  },
  dispatch: async (source, upload, size) => {
    const hash = createHash('sha256');
    const status = await put(upload, hashed(dispatched(source), hash), size);
    return { sha256: hash.digest('hex'), status };
  },
  stream: async (source, upload, size) => {
    const hash = createHash('sha256');
    const through = hashing(hash);
    const [status] = await Promise.all([put(upload, through, size), stream(source, { dispatcher: reading, method: 'GET' }, () => through)]);
    return { sha256: hash.digest('hex'), status };
  },
  pipeline: async (source, upload, size) => {
    const hash = createHash('sha256');
    const through = new PassThrough();
    const get = undiciPipeline(source, { dispatcher: reading, method: 'GET' }, ({ body }) => body);
    get.end();
    const [status] = await Promise.all([put(upload, through, size), pipeline(get, hashing(hash), through)]);
    return { sha256: hash.digest('hex'), status };
  },
  'node:http': async (source, upload, size) => {
    const hash = createHash('sha256');
    const got = await new Promise<IncomingMessage>((resolve, reject) => http.get(source, { agent: readingHttp }, resolve).once('error', reject));
    const sending = http.request(upload, { method: 'PUT', agent: writingHttp, headers: headersOf(size) });
    const answered = new Promise<IncomingMessage>((resolve, reject) => sending.once('response', resolve).once('error', reject));
    await pipeline(got, hashing(hash), sending);
    const answer = await answered;
    answer.resume();
    return { sha256: hash.digest('hex'), status: answer.statusCode ?? 0 };
  },
};
