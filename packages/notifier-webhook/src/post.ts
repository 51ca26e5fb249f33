/**
 * One POST and the beginning of its answer. The only file of this package that imports undici.
 * @module
 */
import { Agent, EnvHttpProxyAgent, request, type Dispatcher } from 'undici';

export interface PostAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** The answer's `Date`, by which its `Retry-After` is meant. */
  readonly date: string | undefined;
  /** At most 4 KiB. */
  readonly body: string;
}

const bodyLimitBytes = 4096;

export async function post(url: URL, headers: Readonly<Record<string, string>>, body: string, signal: AbortSignal): Promise<PostAnswer> {
  // Notices are rare: a connection that is kept would only keep the process alive.
  const limits = { allowH2: false, keepAliveTimeout: 1 };
  // What is on this machine is never asked for through a proxy, whatever the environment names.
  const dispatcher: Dispatcher = isLoopback(url.hostname) ? new Agent(limits) : new EnvHttpProxyAgent(limits);
  try {
    const answer = await request(url, { dispatcher, method: 'POST', headers, body, signal, reset: true, headersTimeout: 0, bodyTimeout: 0 });
    const { 'retry-after': retryAfter, date } = answer.headers;
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of answer.body) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      // Leaving the loop ends the request; the status is known.
      if (length > bodyLimitBytes) break;
    }
    return {
      status: answer.statusCode,
      retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
      date: typeof date === 'string' ? date : undefined,
      body: Buffer.concat(chunks).subarray(0, bodyLimitBytes).toString('utf8'),
    };
  } finally {
    await dispatcher.destroy();
  }
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
