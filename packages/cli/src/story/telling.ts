/**
 * Records of a journal in human sentences: the one place where they are put into words.
 * @module
 */
import type { Json, JournalRecord, JsonObject, ReleaseImage } from '@davit/core';
import { shortDigest, time } from '../output/quantities.js';
import { factText } from './fact-text.js';
import { waitName, wordsOf } from './step-words.js';

export type Tone = 'begin' | 'started' | 'passed' | 'failed' | 'waiting' | 'stopped' | 'note' | 'warning' | 'back';

/** One thing that is told. */
export interface Telling {
  readonly tone: Tone;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** `Copy the image` */
  readonly what: string;
  /** `120.4 MB in 5 blobs copied` */
  readonly detail: string;
  /** How long the step took, where one ended. */
  readonly tookMs?: number;
  /** Lines of somebody else: the end of a log. */
  readonly evidence?: string;
  /** The host that this is about, where the step goes on with others: whoever watches sees it below the running step. */
  readonly host?: string;
  /** Not worth a line to whoever watches. */
  readonly quiet?: boolean;
}

export interface StoryOptions {
  /** Says how to approve, to whoever stays while an approval is waited for. Default: it is not said. */
  readonly approveWith?: (promotion: string, planHash: string) => string;
}

/** What of earlier records the words of later ones need. */
export class Story {
  #images: readonly ReleaseImage[] = [];
  #copyAttempts = 3;
  #batches = 1;
  readonly #startedAt = new Map<string, number>();
  readonly #options: StoryOptions;

  constructor(options: StoryOptions = {}) {
    this.#options = options;
  }

  /** Tells of a record. To be called for every record in order, also for those whose words are not wanted. */
  tell(record: JournalRecord): readonly Telling[] {
    return [...this.#told(record), ...this.#turns(record)];
  }

  #told(record: JournalRecord): readonly Telling[] {
    const { type, data, at } = record;
    const step = text(data['step']);
    const { name, quiet = false } = wordsOf(step);
    const hush = quiet ? { quiet } : {};
    switch (type) {
      case 'promotion.created':
        return this.#created(record);
      case 'step.started':
        this.#startedAt.set(step, at);
        return [{ tone: 'started', at, what: name, detail: this.#which(step, data), ...hush }];
      case 'step.passed': {
        const { detail, warnings } = factText(step, data['facts']);
        return [{ tone: 'passed', at, what: name, detail, ...this.#took(step, at), ...hush }, ...warnings.map((warning): Telling => ({ tone: 'warning', at, what: name, detail: warning }))];
      }
      case 'step.failed': {
        const error = object(data['error']);
        const evidence = text(error['evidence']);
        const findings = object(data['facts'])['findings'];
        const more = Array.isArray(findings) ? (findings as readonly JsonObject[]).slice(1).map((finding): Telling => ({ tone: 'warning', at, what: name, detail: text(finding['message']) })) : [];
        return [{ tone: 'failed', at, what: name, detail: `${text(error['message'])} [${text(error['code'])}]`, ...this.#took(step, at), ...(evidence === '' ? {} : { evidence }) }, ...more];
      }
      case 'step.deferred':
        return step === 'approval.evaluate' ? [{ tone: 'waiting', at, what: 'Waiting', detail: 'for further decisions' }] : [waiting(at, object(data['wait']))];
      case 'step.interrupted':
        return [{ tone: 'stopped', at, what: name, detail: interruptWords[text(data['reason'])] ?? text(data['reason']), ...this.#took(step, at) }];
      case 'wait.due':
        return [{ tone: 'note', at, what: 'Waited', detail: `for ${waitName(text(data['wait']))}`, quiet: true }];
      case 'wait.expired':
        return [{ tone: 'failed', at, what: 'Waited in vain', detail: `for ${waitName(text(data['wait']))}: the time is over` }];
      case 'approval.given':
        return [{ tone: data['decision'] === 'approve' ? 'passed' : 'failed', at, what: data['decision'] === 'approve' ? 'Approved' : 'Rejected', detail: `by ${text(data['by'])} (${text(data['knownBy'])})${text(data['comment']) === '' ? '' : `: ${text(data['comment'])}`}` }];
      case 'cancel.requested':
        return [{ tone: 'stopped', at, what: 'Cancel asked for', detail: `by ${text(data['by'])} (${text(data['knownBy'])})${data['reason'] === 'superseded' ? ', because a newer promotion takes its place' : ''}` }];
      case 'note.driver':
        return [{ tone: 'note', at, what: 'Driven', detail: `by ${driverName(text(data['owner']))}`, quiet: true }];
      case 'note.host':
        return [{ tone: 'note', at, what: `${name}: ${text(data['host'])}`, detail: hostWords[step] ?? (object(data['facts'])['changed'] === true ? 'done' : 'as it should be already'), host: text(data['host']) }];
      case 'note.warning':
        return [{ tone: 'warning', at, what: step === '' ? 'Warning' : name, detail: text(data['message']) }];
      case 'note.delivery':
        return data['delivered'] === true
          ? [{ tone: 'note', at, what: 'Notified', detail: text(data['notifier']), quiet: true }]
          : [{ tone: 'warning', at, what: 'Not notified', detail: `${text(data['notifier'])}: ${text(object(data['error'])['message'])}` }];
      case 'hold.taken':
      case 'hold.freed':
        return [];
    }
  }

  /** Where the record leads beyond its own step. */
  #turns({ boxes, at, data, promotion }: JournalRecord): readonly Telling[] {
    const turns: Telling[] = [];
    if (boxes.at(-1) === 'promotion.L') {
      const { expiresAt, planHash } = object(data['facts']);
      const command = this.#options.approveWith?.(promotion, text(planHash));
      if (command !== undefined) turns.push({ tone: 'note', at, what: 'To approve it', detail: command });
      turns.push({ tone: 'waiting', at, what: 'Waiting', detail: `for an approval${typeof expiresAt === 'number' ? ` until ${time(expiresAt)}` : ''}` });
    }
    if (typeof data['retryAt'] === 'number' && boxes.at(-1) === 'promotion.P') turns.push({ tone: 'waiting', at, what: 'Waiting', detail: `for the next attempt at ${time(data['retryAt'])}` });
    if (boxes.includes('promotion.BB')) turns.push({ tone: 'back', at, what: 'Rolling back', detail: '' });
    return turns;
  }

  #created({ at, promotion, data }: JournalRecord): readonly Telling[] {
    this.#images = (data['release'] ?? []) as unknown as readonly ReleaseImage[];
    this.#batches = Array.isArray(data['batches']) ? data['batches'].length : 1;
    const attempts = object(data['policy'])['copyMaxAttempts'];
    if (typeof attempts === 'number') this.#copyAttempts = attempts;
    const isRollback = data['kind'] === 'rollback';
    const by = `${text(data['actor'])} (${text(data['knownBy'])})`;
    return [
      { tone: 'begin', at, what: `${isRollback ? 'Rollback' : 'Promotion'} ${promotion}`, detail: `${isRollback ? 'in' : 'to'} ${text(data['environment'])}, asked for by ${by}${text(data['reason']) === '' ? '' : `: ${text(data['reason'])}`}` },
      ...this.#images.map(({ name, requested, digest, target }): Telling => ({ tone: 'note', at, what: name, detail: `${requested} is ${shortDigest(digest)}, goes to ${target}` })),
    ];
  }

  /** Which time it is that the step runs. */
  #which(step: string, { turn, attempt }: JsonObject): string {
    const again = typeof attempt === 'number' && attempt > 1 ? `again, after it was interrupted (start ${String(attempt)})` : '';
    const nth = typeof turn === 'number' ? turn : 1;
    const which = step === 'image.copy' && nth > 1 ? `attempt ${String(nth)} of ${String(this.#copyAttempts)}` : step.startsWith('deployment.') && this.#batches > 1 && batchSteps.has(step) ? `batch ${String(nth)} of ${String(this.#batches)}` : '';
    return [which, again].filter((part) => part !== '').join(', ');
  }

  #took(step: string, at: number): { readonly tookMs?: number } {
    const startedAt = this.#startedAt.get(step);
    return startedAt === undefined ? {} : { tookMs: at - startedAt };
  }
}

const batchSteps: ReadonlySet<string> = new Set(['deployment.update', 'deployment.restart', 'deployment.health', 'deployment.endpoints', 'deployment.proof']);

/** Of steps that only look. */
const hostWords: Readonly<Record<string, string>> = { 'deployment.health': 'healthy', 'deployment.proof': 'proven' };

const interruptWords: Readonly<Record<string, string>> = {
  crash: 'the process that ran it died',
  shutdown: 'interrupted; it can be resumed',
  cancel: 'ended, because the promotion is cancelled',
  lease_lost: 'another process took over',
};

function waiting(at: number, wait: JsonObject): Telling {
  const deadline = wait['deadline'];
  return { tone: 'waiting', at, what: 'Waiting', detail: `for ${waitName(text(wait['for']))}${typeof deadline === 'number' ? ` until ${time(deadline)}` : ''}` };
}

/** The file store's owners are `machine/process/…`; what another store calls its owners stays as it is. */
function driverName(owner: string): string {
  const [machine, pid] = owner.split('/');
  return machine !== undefined && pid !== undefined && /^[0-9]+$/.test(pid) ? `process ${pid} on ${machine.replace(/:[0-9]*$/, '')}` : owner;
}

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
const object = (value: Json | undefined): JsonObject => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {});
