/**
 * The notifier: one signed POST an event (R35, R94, R104, G20).
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @module
 */
import { checkOptions, err, failure, ok, okAsync, ResultAsync, requirePort, retrying, rule, systemClock, type Clock, type HoldsSecrets, type Notice, type Notifier, type NoticeType, type OptionRules, type Result, type RunError } from '@davit/core';
import { loginHeader, ownHeaders, receiverUrl, secretsOf } from './options.js';
import { webhookPayload } from './payload.js';
import { post, type PostAnswer } from './post.js';
import { signatures, signingKey } from './signature.js';
import { answerFault, networkFault } from './verdict.js';

export interface WebhookOptions {
  /** Where to. `https:`, or `http:` to this machine. Private addresses are allowed: the URL is the operator's own. */
  readonly url: string;
  /** What the receiver verifies with: `whsec_` and 24 to 64 bytes in base64. Several while a secret is being replaced. */
  readonly secret: string | readonly string[];
  /** Unique among the notifiers of an environment. Default: `webhook:` and the host. */
  readonly name?: string;
  /** What is sent. Default: everything. */
  readonly events?: readonly NoticeType[] | ((notice: Notice) => boolean);
  /** One attempt is given up after that. Milliseconds; default: 15 000. */
  readonly timeoutMs?: number;
  /** Attempts in all; the waits between them grow, and `Retry-After` is obeyed up to 60 s. Default: 3. */
  readonly attempts?: number;
  /** Whether plain HTTP may be used to other machines too. Default: false. */
  readonly allowHttp?: boolean;
  /** Sent with every request. Values of headers that are named like secrets are kept out of every record. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the system's clock. */
  readonly clock?: Clock;
}

const rules: OptionRules<WebhookOptions> = {
  url: rule.text,
  secret: (value, field) => (Array.isArray(value) ? rule.filledList(rule.text, 'one secret or several') : rule.text)(value, field),
  name: rule.optional(rule.text),
  events: rule.optional((value, field) => (typeof value === 'function' ? rule.anything : rule.list(rule.text, 'a list of types of notices, or a function'))(value, field)),
  timeoutMs: rule.optional(rule.milliseconds()),
  attempts: rule.optional(rule.whole(1)),
  allowHttp: rule.optional(rule.flag),
  headers: rule.optional(rule.record(rule.anyText, 'an object with the text of each header')),
  clock: rule.optional(rule.by(requirePort, 'Clock')),
};

/**
 * Sends each notice as `{ type, timestamp, data }`, signed as Standard Webhooks says. `webhook-id` is the notice's id and
 * stays the same over resends, so a receiver can drop doubles. A 2xx answer means delivered; a redirect is not followed;
 * after a 410 nothing more is sent.
 * @example webhook({ url: 'https://hooks.example.com/davit', secret: process.env.WEBHOOK_SECRET ?? '' })
 * @throws ConfigurationError where an option is wrong.
 */
export function webhook(options: WebhookOptions): Notifier & HoldsSecrets {
  checkOptions<WebhookOptions>(options, rules, { of: 'webhook' });
  const { timeoutMs = 15_000, attempts = 3, allowHttp = false, clock = systemClock, events } = options;
  const url = receiverUrl(options.url, allowHttp);
  const receiver = url.host;
  const secrets = typeof options.secret === 'string' ? [options.secret] : options.secret;
  const keys = secrets.map((secret: string, at) => signingKey(secret, secrets.length === 1 ? 'secret' : `secret[${String(at)}]`));
  const headers = { ...loginHeader(url), ...ownHeaders(options.headers ?? {}) };
  const held = secretsOf(url, secrets, headers);
  const name = options.name ?? `webhook:${receiver}`;
  const target = new URL(url);
  target.username = '';
  target.password = '';
  target.hash = '';
  let gone: RunError | undefined;

  const wants = (notice: Notice): boolean => (events === undefined ? true : typeof events === 'function' ? events(notice) : events.includes(notice.type));

  const attempt = async (notice: Notice, body: string, signal: AbortSignal): Promise<Result<void, RunError>> => {
    const isStopped = (): boolean => signal.aborted;
    if (isStopped()) return err(interrupted(receiver));
    const sentAt = Math.floor(clock.now() / 1000);
    const signed = {
      ...headers,
      'content-type': 'application/json',
      'user-agent': 'davit-webhook',
      'webhook-id': notice.id,
      'webhook-timestamp': String(sentAt),
      'webhook-signature': signatures(keys, notice.id, sentAt, body),
    };
    const answer = await timed((stop) => post(target, signed, body, stop), timeoutMs, clock, signal);
    if (isStopped() && !('status' in answer)) return err(interrupted(receiver));
    if ('timeout' in answer) return err(failure('notification_failed', `${receiver} did not answer within ${String(timeoutMs)} ms`, { host: receiver, retryable: true }));
    const fault = 'thrown' in answer ? networkFault(answer.thrown, receiver) : answerFault(answer, receiver, clock.now());
    return fault === undefined ? ok(undefined) : err(fault);
  };

  return {
    name,
    wants,
    notify: (notice, { signal, progress }) => {
      if (!wants(notice)) return okAsync(undefined);
      if (gone !== undefined) return new ResultAsync(Promise.resolve(err(gone)));
      const body = JSON.stringify(webhookPayload(notice));
      return retrying((): Promise<Result<void, RunError>> => attempt(notice, body, signal), {
        attempts,
        signal,
        clock,
        onRetry: ({ error, attempt: failed, of, waitMs }) => progress?.({ type: 'request.retry', host: receiver, reason: error.message, waitMs, attempt: failed, of }),
      }).mapErr((error) => {
        if (error.status === 410) gone = error;
        return error;
      });
    },
    secrets: () => held,
  };
}

type Answer = PostAnswer | { readonly timeout: true } | { readonly thrown: unknown };

async function timed(send: (signal: AbortSignal) => Promise<PostAnswer>, timeoutMs: number, clock: Clock, signal: AbortSignal): Promise<Answer> {
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const sent = send(stop).catch((thrown: unknown): Answer => ({ thrown }));
  const late = clock.sleep(timeoutMs, stop).then((): Answer => ({ timeout: true }));
  const first = await Promise.race([sent, late]);
  over.abort();
  // Nothing of this attempt goes on when the next begins; and what was delivered after all counts as delivered.
  const last = await sent;
  return 'status' in last ? last : first;
}

function interrupted(receiver: string): RunError {
  return failure('interrupted', `the notification to ${receiver} was not sent: the process was asked to stop`, { host: receiver, retryable: true });
}
