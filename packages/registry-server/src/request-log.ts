/**
 * What was asked of the registry: tests count effects here, at the other side.
 * @module
 */

/** One request. Entries are made when a request arrives and completed when its answer is out. */
export interface LoggedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** With the leading question mark; empty where there is none. */
  readonly query: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** How the caller identified itself; never what it sent. */
  readonly authorization: 'none' | 'basic' | 'bearer' | 'other';
  /** Undefined while it is being answered, and where the connection was lost before an answer. */
  readonly status: number | undefined;
  /** Bytes of the request's body that arrived. */
  readonly requestBytes: number;
  /** Bytes of the answer's body that were handed to the connection. */
  readonly responseBytes: number;
  /** False while it is being answered. */
  readonly finished: boolean;
}

export interface RequestFilter {
  readonly method?: string | readonly string[];
  /** Tested against the path with its query. */
  readonly path?: RegExp;
}

export class RequestLog {
  #entries: LoggedRequest[] = [];
  #waiting: (() => void)[] = [];
  readonly #watching = new Set<() => void>();
  #open = 0;

  /** All requests since the start or the last `clear`, in the order they arrived. */
  get entries(): readonly LoggedRequest[] {
    return this.#entries;
  }

  matching(filter: RequestFilter): readonly LoggedRequest[] {
    return this.#entries.filter((entry) => requestMatches(filter, entry.method, entry.path + entry.query));
  }

  count(filter: RequestFilter = {}): number {
    return this.matching(filter).length;
  }

  /** `GET /v2/ 200`, one line a request: for messages of failing tests. */
  lines(): string[] {
    return this.#entries.map((entry) => `${entry.method} ${entry.path}${entry.query} ${String(entry.status ?? '-')}`);
  }

  clear(): void {
    this.#entries = [];
  }

  /** Resolves when no request is being answered any more. */
  idle(): Promise<void> {
    return this.#open === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves when an entry is as the predicate says: asked now, and at everything that happens to any entry. */
  until(predicate: (entry: LoggedRequest) => boolean): Promise<LoggedRequest> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.#entries.find(predicate);
        if (found === undefined) return;
        this.#watching.delete(look);
        resolve(found);
      };
      this.#watching.add(look);
      look();
    });
  }

  /** The server's side: notes a request and gives back what completes its entry. */
  begin(request: Pick<LoggedRequest, 'method' | 'path' | 'query' | 'startedAt' | 'authorization'>): RequestEntry {
    const entry = { ...request, status: undefined as number | undefined, requestBytes: 0, responseBytes: 0, finished: false };
    this.#entries.push(entry);
    this.#open += 1;
    const changed = (change: Partial<typeof entry>): void => {
      Object.assign(entry, change);
      for (const look of [...this.#watching]) look();
    };
    changed({});
    return {
      received: (bytes) => changed({ requestBytes: entry.requestBytes + bytes }),
      sent: (bytes) => changed({ responseBytes: entry.responseBytes + bytes }),
      answered: (status) => changed({ status }),
      finish: () => {
        if (entry.finished) return;
        changed({ finished: true });
        this.#open -= 1;
        if (this.#open === 0) for (const resolve of this.#waiting.splice(0)) resolve();
      },
    };
  }
}

export interface RequestEntry {
  received(bytes: number): void;
  sent(bytes: number): void;
  answered(status: number): void;
  finish(): void;
}

export function requestMatches(filter: RequestFilter, method: string, url: string): boolean {
  const methods = typeof filter.method === 'string' ? [filter.method] : filter.method;
  // A global or sticky expression keeps a position between calls; a copy without it always looks at the whole.
  return (methods?.includes(method) ?? true) && (filter.path === undefined || new RegExp(filter.path.source, filter.path.flags.replace(/[gy]/g, '')).test(url));
}
