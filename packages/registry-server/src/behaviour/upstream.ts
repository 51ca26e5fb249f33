/**
 * In front of another registry: hands every request on to it, so that its answers can be made to go wrong as ours can.
 * @module
 */
import { once } from 'node:events';
import { request as send, type IncomingMessage } from 'node:http';
import { bytesBody, type Answer, type RegistryRequest } from '../answer.js';

/** @param url `http://127.0.0.1:5000`. */
export function forwardTo(url: string): (request: RegistryRequest) => Promise<Answer> {
  const { hostname, port } = new URL(url);
  return async ({ method, path, query, headers, body }) => {
    const text = query.toString();
    // With the caller's Host, so that addresses in answers lead back here.
    const passed = send({ host: hostname, port, method, path: `${encodeURI(path)}${text === '' ? '' : `?${text}`}`, headers });
    const answered = once(passed, 'response') as Promise<[IncomingMessage]>;
    answered.catch(() => undefined);
    try {
      for await (const chunk of body) if (!passed.write(chunk)) await once(passed, 'drain');
    } catch (cause) {
      passed.destroy();
      throw cause;
    }
    passed.end();
    const [answer] = await answered;
    const { 'content-length': length, connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...rest } = answer.headers;
    const given = length === undefined ? await whole(answer) : { size: Number(length), chunks: answer as AsyncIterable<Uint8Array> };
    return { status: answer.statusCode ?? 500, headers: rest, body: given };
  };
}

/** A registry that sends in chunks, as of a list of tags, says the length with the last one. */
async function whole(answer: IncomingMessage): Promise<NonNullable<Answer['body']>> {
  const pieces: Buffer[] = [];
  for await (const piece of answer as AsyncIterable<Buffer>) pieces.push(piece);
  return bytesBody(Buffer.concat(pieces));
}
