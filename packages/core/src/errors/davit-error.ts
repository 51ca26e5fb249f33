/**
 * The one shape of an expected failure: a plain object with a literal code, one line for people, and facts as fields.
 * It survives JSON, and nothing relies on `instanceof`, so two copies of this package can meet.
 * @module
 */
import type { Json } from '../json.js';
import type { CheckErrorCode, DeployerErrorCode, ErrorCode, RegistryErrorCode, RunErrorCode, StoreErrorCode, UseErrorCode } from './codes.js';

/** What an error may say besides its message. Every field is optional and free of secrets. */
export interface ErrorFacts {
  /** Registry as host[:port]. */
  readonly registry?: string;
  readonly repository?: string;
  readonly reference?: string;
  readonly digest?: string;
  readonly tag?: string;
  /** HTTP status. */
  readonly status?: number;
  readonly method?: string;
  readonly url?: string;
  readonly host?: string;
  readonly service?: string;
  readonly services?: readonly string[];
  readonly port?: number;
  /** Who holds what is wanted: a process, a container, or a promotion. */
  readonly holder?: string;
  readonly path?: string;
  readonly field?: string;
  readonly expected?: Json;
  readonly actual?: Json;
  readonly exitCode?: number;
  readonly promotion?: string;
  readonly environment?: string;
  readonly step?: string;
  readonly platform?: string;
  readonly check?: string;
  /** The last lines of a log or of a command's output, redacted, at most 4 KiB. */
  readonly evidence?: string;
  /** More findings of the same kind than the message can carry. */
  readonly findings?: readonly Json[];
}

export interface DavitError<C extends ErrorCode = ErrorCode> extends ErrorFacts {
  readonly code: C;
  /** One line, no secrets. */
  readonly message: string;
  /** Whether the same request may succeed later. Decided where the error is made; only the retry policy reads it. */
  readonly retryable: boolean;
  /** The other side said how long to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** The error beneath this one. */
  readonly cause?: { readonly code?: string; readonly message: string };
}

export type UseError = DavitError<UseErrorCode>;
export type RegistryError = DavitError<RegistryErrorCode | 'interrupted' | 'reference_invalid' | 'digest_invalid' | 'document_invalid'>;
export type DeployerError = DavitError<DeployerErrorCode | 'interrupted'>;
export type CheckError = DavitError<CheckErrorCode | 'interrupted'>;
export type StoreError = DavitError<StoreErrorCode>;
export type RunError = DavitError<RunErrorCode>;

interface Extra extends ErrorFacts {
  readonly retryable?: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** Makes an error. `retryable` defaults to false; `cause` may be anything that was caught and is reduced to code and message. */
export function failure<C extends ErrorCode>(code: C, message: string, extra: Extra = {}): DavitError<C> {
  const { cause, retryable, retryAfterMs, ...facts } = extra;
  return {
    code,
    message,
    retryable: retryable ?? false,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...facts,
    ...(cause === undefined ? {} : { cause: causeOf(cause) }),
  };
}

/** Reduces anything that was thrown to what may be kept: its code where it has one, and its message. */
export function causeOf(thrown: unknown): { code?: string; message: string } {
  if (typeof thrown === 'object' && thrown !== null) {
    const { code, message, cause } = thrown as { code?: unknown; message?: unknown; cause?: unknown };
    // Node wraps what matters: `fetch failed`, or an AggregateError without a message.
    const inner = (thrown as { errors?: readonly unknown[] }).errors?.[0] ?? (typeof message === 'string' && message !== '' ? undefined : cause);
    if (inner !== undefined) return causeOf(inner);
    return { ...(typeof code === 'string' ? { code } : {}), message: typeof message === 'string' ? message : 'unknown' };
  }
  return { message: String(thrown) };
}

/** Whether a value is one of our errors: by shape, never by class. */
export function isDavitError(value: unknown): value is DavitError {
  return typeof value === 'object' && value !== null && typeof (value as DavitError).code === 'string' && typeof (value as DavitError).message === 'string' && typeof (value as DavitError).retryable === 'boolean';
}
