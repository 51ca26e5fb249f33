/**
 * One HTTP request and the beginning of its answer. The only file of this package that imports undici.
 * @module
 */
import { Agent, EnvHttpProxyAgent, request, type Dispatcher } from 'undici';

export interface HttpAnswer {
  readonly status: number;
  /** Where a redirect points to; it is not followed. */
  readonly location?: string;
  /** At most `bodyLimitBytes` of it. */
  readonly body: string;
  readonly isBodyCut: boolean;
}

export interface HttpClient {
  request(signal: AbortSignal): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export interface HttpClientOptions {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Certificates of further authorities, PEM. */
  readonly ca: string | readonly string[] | undefined;
  readonly bodyLimitBytes: number;
}

/** A client for one endpoint. Every request opens its own connection, as a new visitor would. */
export function httpClient({ url, method, headers, ca, bodyLimitBytes }: HttpClientOptions): HttpClient {
  const tls = ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] };
  const limits = { allowH2: false, keepAliveTimeout: 1, connect: tls };
  // What this machine says of itself never goes through a proxy, whatever the environment names.
  const dispatcher: Dispatcher = isLoopback(url.hostname) ? new Agent(limits) : new EnvHttpProxyAgent({ ...limits, requestTls: tls });
  return {
    request: async (signal) => {
      const answer = await request(url, { dispatcher, method: method, headers, signal, reset: true, headersTimeout: 0, bodyTimeout: 0 });
      const { location } = answer.headers;
      return { status: answer.statusCode, ...(typeof location === 'string' ? { location } : {}), ...(await beginningOf(answer.body, bodyLimitBytes)) };
    },
    close: () => dispatcher.destroy(),
  };
}

async function beginningOf(body: Dispatcher.ResponseData['body'], limitBytes: number): Promise<{ body: string; isBodyCut: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Leaving the loop early ends the request.
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limitBytes) break;
  }
  return { body: Buffer.concat(chunks).subarray(0, limitBytes).toString('utf8'), isBodyCut: length > limitBytes };
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
