/**
 * The machine seen as one of the specification's charts: its boxes, the edges that the chart draws, and those that it
 * does not draw. The diagrams in the documentation and the tests against the specification both come from here.
 * @module
 */
import type { AnyStateNode } from 'xstate';
import type { BoxId, Chart, EdgeMeta, StateKind, StateMeta } from './box.js';
import type { Outcome } from './outcome.js';
import { machine } from './promotion.js';

export interface ProjectedBox {
  readonly label: string;
  readonly kind: StateKind;
  readonly outcome?: Outcome;
}

export interface ProjectedEdge {
  readonly from: string;
  readonly to: string;
  readonly answer: 'Yes' | 'No' | '';
}

/** An edge that no chart draws, with the number that asks for it. Ends without a box are named by their state in brackets. */
export interface ExtraEdge {
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

export interface Projection {
  readonly chart: Chart;
  readonly boxes: ReadonlyMap<string, ProjectedBox>;
  readonly drawn: readonly ProjectedEdge[];
  readonly extra: readonly ExtraEdge[];
  /** Transitions that leave the chart and say neither where they go on nor why. Always empty; a test sees to it. */
  readonly unexplained: readonly string[];
}

export interface MachineTransition {
  readonly source: AnyStateNode;
  readonly target: AnyStateNode | undefined;
  readonly meta: EdgeMeta;
}

const metaOf = (node: AnyStateNode): StateMeta | undefined => node.meta as StateMeta | undefined;
const letterOf = (box: BoxId): string => box.slice(box.indexOf('.') + 1);

export function* stateNodes(node: AnyStateNode = machine.root): Generator<AnyStateNode> {
  yield node;
  for (const child of Object.values(node.states)) yield* stateNodes(child);
}

export function transitionsOf(node: AnyStateNode): readonly MachineTransition[] {
  return [...[...node.transitions.values()].flat(), ...(node.always ?? [])].map((transition) => ({
    source: node,
    target: transition.target?.[0] as AnyStateNode | undefined,
    meta: (transition.meta ?? {}) as EdgeMeta,
  }));
}

/** The box of this chart that a state stands in: its own, or its nearest ancestor's. */
export function boxIn(chart: Chart, node: AnyStateNode | undefined): string | undefined {
  for (let at = node; at !== undefined; at = at.parent) {
    const box = metaOf(at)?.box;
    if (box?.startsWith(`${chart}.`) === true) return letterOf(box);
  }
  return undefined;
}

/** The box that entering a state leads to: its own, or that of the state which it begins with. */
export function entryBox(chart: Chart, node: AnyStateNode): string | undefined {
  const own = boxIn(chart, node);
  if (own !== undefined) return own;
  const first = node.initial?.target?.[0] as AnyStateNode | undefined;
  return first === undefined ? undefined : entryBox(chart, first);
}

/** Projects the machine on one chart. */
export function project(chart: Chart): Projection {
  const boxes = new Map<string, ProjectedBox>();
  const drawn = new Map<string, ProjectedEdge>();
  const extra = new Map<string, ExtraEdge>();
  const unexplained: string[] = [];
  for (const node of stateNodes()) {
    const meta = metaOf(node);
    if (meta?.box?.startsWith(`${chart}.`) === true) {
      if (boxes.has(letterOf(meta.box))) throw new Error(`two states stand for ${meta.box}`);
      boxes.set(letterOf(meta.box), { label: meta.label ?? '', kind: meta.kind, ...(meta.outcome === undefined ? {} : { outcome: meta.outcome }) });
    }
    for (const transition of transitionsOf(node)) place(chart, transition, drawn, extra, unexplained);
  }
  return { chart, boxes, drawn: [...drawn.values()], extra: [...extra.values()], unexplained };
}

function place(chart: Chart, { source, target, meta }: MachineTransition, drawn: Map<string, ProjectedEdge>, extra: Map<string, ExtraEdge>, unexplained: string[]): void {
  if (target === undefined) return;
  const from = boxIn(chart, source);
  const to = meta.continues?.startsWith(`${chart}.`) === true ? letterOf(meta.continues) : entryBox(chart, target);
  if (meta.extra !== undefined) {
    if (from === undefined && to === undefined) return;
    const edge = { from: from ?? `(${source.path.join('.') || 'start'})`, to: to ?? `(${target.key})`, why: meta.extra };
    extra.set(`${edge.from} ${edge.to} ${edge.why}`, edge);
    return;
  }
  // Between states of the same box, or wholly outside of this chart: not an edge of it.
  if (from === undefined || from === to) return;
  if (to === undefined) {
    if (target.type !== 'final') unexplained.push(`${source.id} -> ${target.id}`);
    return;
  }
  drawn.set(`${from} ${to} ${meta.answer ?? ''}`, { from, to, answer: meta.answer ?? '' });
}
