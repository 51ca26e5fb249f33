/**
 * A link between a client and a registry, as a process of its own: it takes its time, or lets only so much through on one
 * connection. Started by `openLink` with its settings as JSON in the first argument; prints its port.
 * @module
 */
import { connect, createServer, type Socket } from 'node:net';

export interface LinkSettings {
  readonly toPort: number;
  /** Round trip in milliseconds, that of the connection's handshake included. Default: none. */
  readonly roundTripMs?: number;
  /** Bytes a second on one connection towards the client. Default: no limit. */
  readonly bytesPerSecond?: number;
}

/** What a link holds back of a sender that is faster than it. */
const windowBytes = 16 * 1024 * 1024;

const settings = JSON.parse(process.argv[2] ?? '{}') as LinkSettings;
const oneWayMs = (settings.roundTripMs ?? 0) / 2;

/** Passes on what comes, `oneWayMs` later and not faster than `bytesPerSecond`. */
function pass(from: Socket, to: Socket, notBefore: number, bytesPerSecond = Infinity): void {
  const queue: { readonly at: number; readonly piece: Buffer | null }[] = [];
  let queued = 0;
  let free = 0;
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    timer = undefined;
    const now = performance.now();
    for (let next = queue[0]; next !== undefined && next.at <= now; next = queue[0]) {
      queue.shift();
      if (next.piece === null) to.end();
      else {
        queued -= next.piece.length;
        to.write(next.piece);
      }
    }
    if (from.isPaused() && queued < windowBytes) from.resume();
    const next = queue[0];
    if (next !== undefined) timer = setTimeout(flush, Math.max(0, next.at - now));
  };
  const put = (piece: Buffer | null): void => {
    const start = Math.max(performance.now() + oneWayMs, notBefore, free);
    free = start + ((piece?.length ?? 0) / bytesPerSecond) * 1000;
    queue.push({ at: free, piece });
    queued += piece?.length ?? 0;
    if (queued >= windowBytes) from.pause();
    timer ??= setTimeout(flush, Math.max(0, free - performance.now()));
  };
  from.on('data', put);
  from.once('end', () => { put(null); });
  from.once('error', () => to.destroy());
  to.once('close', () => {
    clearTimeout(timer);
    from.destroy();
  });
}

const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  const registry = connect({ port: settings.toPort, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  // Our accept is local: the handshake that a real link would need is waited for before the first byte goes on.
  const handshake = performance.now() + oneWayMs * 3;
  pass(client, registry, handshake);
  pass(registry, client, 0, settings.bytesPerSecond);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${String(typeof address === 'object' ? address?.port : '')}\n`);
});
// Whoever started it holds the other end.
process.stdin.once('end', () => process.exit(0)).resume();
