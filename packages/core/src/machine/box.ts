/**
 * A box of the specification's charts, and what states and transitions of the machine say about themselves. Pure data.
 * @module
 */
import type { Outcome } from './outcome.js';
import type { StepId } from './step-id.js';

/** The four flowcharts of the specification, in its order. */
export const charts = ['promotion', 'validation', 'deployment', 'rollback'] as const;
export type Chart = (typeof charts)[number];

/** `promotion.BB`: box names repeat between charts, so the chart is part of the name. */
export type BoxId = `${Chart}.${string}`;

/** A box and the specification's words for it. */
export interface Box {
  readonly box: BoxId;
  readonly label: string;
}

/**
 * - `step`: work is done here
 * - `decision`: a diamond; leaves at once by reading the context
 * - `wait`: leaves when time or a person says so
 * - `outcome`: an end of the promotion or of a chart is set here
 * - `passage`: leaves at once
 * - `flow`: a state with states inside
 */
export type StateKind = 'step' | 'decision' | 'wait' | 'outcome' | 'passage' | 'flow';

/** A state of ours that no chart draws has no box; its nearest boxed ancestor stands for it. */
export interface StateMeta extends Partial<Box> {
  readonly kind: StateKind;
  readonly step?: StepId;
  readonly outcome?: Outcome;
}

export interface EdgeMeta {
  /** The words on the edge of a diamond. */
  readonly answer?: 'Yes' | 'No';
  /** No chart draws this edge: the number that asks for it, and why. */
  readonly extra?: string;
  /** This transition stands for a drawn edge that crosses a border of two states: where that edge ends. */
  readonly continues?: BoxId;
}

/** The boxes of one chart with the specification's words. */
export function chart<const C extends Chart, const L extends Readonly<Record<string, string>>>(name: C, labels: L): (letter: keyof L & string) => Box {
  return (letter) => ({ box: `${name}.${letter}`, label: labels[letter] as string });
}
