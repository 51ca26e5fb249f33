/**
 * The same thing for several hosts or images: in order, stopping at the first failure, or all of them.
 * @module
 */
import type { ResultAsync } from '../result.js';

export type Each<T, E> = { readonly done: readonly { readonly of: string; readonly value: T }[]; readonly failed?: { readonly of: string; readonly error: E } };

/** One after another; the first failure ends it (G22: a failing host stops the rollout). */
export async function eachInOrder<T, E>(names: readonly string[], work: (name: string) => ResultAsync<T, E>): Promise<Each<T, E>> {
  const done: { of: string; value: T }[] = [];
  for (const name of names) {
    const result = await work(name);
    if (result.isErr()) return { done, failed: { of: name, error: result.error } };
    done.push({ of: name, value: result.value });
  }
  return { done };
}

export interface All<T, E> {
  readonly done: readonly { readonly of: string; readonly value: T }[];
  readonly failures: readonly { readonly of: string; readonly error: E }[];
}

/** Each of them whatever becomes of the others: a rollback leaves no host out because another one failed. */
export async function allOf<T, E>(names: readonly string[], work: (name: string) => ResultAsync<T, E>): Promise<All<T, E>> {
  const done: { of: string; value: T }[] = [];
  const failures: { of: string; error: E }[] = [];
  for (const name of names) {
    const result = await work(name);
    if (result.isOk()) done.push({ of: name, value: result.value });
    else failures.push({ of: name, error: result.error });
  }
  return { done, failures };
}
