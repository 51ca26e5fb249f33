/**
 * A receiver of webhooks: keeps what it gets and verifies the signatures as Standard Webhooks says.
 * @module
 */
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly id: string;
  readonly type: string;
  readonly isSigned: boolean;
  readonly data: Readonly<Record<string, unknown>>;
  /** As it came. */
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  /** What came for one promotion, in order. */
  of(promotion: string): readonly Received[];
  readonly received: readonly Received[];
  stop(): Promise<void>;
}

export async function startReceiver(secret: string): Promise<Receiver> {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const header = (name: string): string => String(request.headers[name]);
      const signature = createHmac('sha256', key).update(`${header('webhook-id')}.${header('webhook-timestamp')}.${body}`).digest('base64');
      const { type, data } = JSON.parse(body) as { readonly type: string; readonly data: Readonly<Record<string, unknown>> };
      received.push({ id: header('webhook-id'), type, isSigned: header('webhook-signature') === `v1,${signature}`, data, body });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/davit`,
    received,
    of: (promotion) => received.filter(({ data }) => data['promotion'] === promotion),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
