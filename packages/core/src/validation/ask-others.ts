/**
 * Asks what an organisation wrote itself, and takes nothing for an answer that is none: a check that fails open is worse than
 * no check.
 * @module
 */
import { causeOf, failure, kindOf, type CheckError, type OptionRule, type RegistryError } from '../errors/index.js';
import { err, type Result } from '../result.js';

export interface Asked<T> {
  /** Name of the image in its release. */
  readonly image: string;
  /** `check`, or the name of an organisation's own. */
  readonly check: string;
  /** What is asked, as it stands in a sentence: `the check licences`. */
  readonly who: string;
  readonly ask: () => PromiseLike<Result<T, CheckError | RegistryError>>;
  /** What an answer must be. */
  readonly judge: OptionRule;
}

/** The answer; `check_inconclusive` where it threw, or answered with something else: nothing is known then. */
export async function askOthers<T>({ image, check, who, ask, judge }: Asked<T>): Promise<Result<T, CheckError | RegistryError>> {
  const asked = async (): Promise<Result<T, CheckError | RegistryError>> => ask();
  const answer = await asked().catch((thrown: unknown) => err(failure('check_inconclusive', `${image}: ${who} failed: ${causeOf(thrown).message}`, { check, cause: thrown })));
  if (!isResult(answer)) return err(failure('check_inconclusive', `${image}: ${who} answered with what is ${kindOf(answer)}, and not with a Result`, { check }));
  const fault = answer.isOk() ? judge(answer.value, 'its answer') : undefined;
  return fault === undefined ? answer : err(failure('check_inconclusive', `${image}: ${who} gave no answer that can be used: ${fault.message}`, { check }));
}

/** By shape: an adapter may have a neverthrow of its own. */
function isResult(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'isOk' in value && typeof value.isOk === 'function' && 'isErr' in value;
}
