/**
 * What is left out on purpose: staging tests, approvals, signatures.
 * @module
 */

/** Something that is left out on purpose, and why. The reason is recorded. */
export interface Off {
  readonly off: string;
}

/** By the reason: an adapter that sends events has a method of that name. */
export const isOff = (value: object | null | undefined): value is Off => value != null && typeof (value as Off).off === 'string';
