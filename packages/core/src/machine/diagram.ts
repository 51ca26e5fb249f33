/**
 * Draws the machine as Mermaid flowcharts, in the specification's own form: boxes, diamonds, and dotted what it adds.
 * @module
 */
import { charts, type Chart } from './box.js';
import { outcomes } from './outcome.js';
import { project, type ProjectedBox, type Projection } from './projection.js';

const titles: Readonly<Record<Chart, string>> = {
  promotion: 'Main promotion workflow',
  validation: 'Image validation',
  deployment: 'Production deployment verification',
  rollback: 'Rollback',
};

/** One chart of the machine as Mermaid text; `active` is the box that a promotion stands in, and is marked. */
export function mermaid(chart: Chart, active?: string): string {
  const projection = project(chart);
  const lines = ['flowchart TD', ...nodes(projection), ...edges(projection), ...colours(projection)];
  if (active !== undefined && projection.boxes.has(active)) lines.push(`    style ${active} stroke:#0969da,stroke-width:4px`);
  return lines.join('\n');
}

/** docs/states.md: every chart, with the outcome that each terminal sets. */
export function statesPage(): string {
  const parts = [
    '# States',
    '',
    'Generated from the machine. Solid edges are the specification\'s; a dotted edge is one that it does not draw, with the requirement or gap that asks for it.',
  ];
  for (const chart of charts) {
    parts.push('', `## ${titles[chart]}`, '', '```mermaid', mermaid(chart), '```');
    const ends = [...project(chart).boxes].filter(([, box]) => box.outcome !== undefined);
    if (ends.length > 0) parts.push('', '| box | words | outcome |', '| --- | --- | --- |', ...ends.map(([letter, box]) => `| ${letter} | ${box.label} | \`${box.outcome ?? ''}\` |`));
  }
  parts.push('', '## Outcomes', '', '| outcome | state | meaning |', '| --- | --- | --- |', ...Object.entries(outcomes).map(([name, { status, meaning }]) => `| \`${name}\` | \`${status}\` | ${meaning} |`), '');
  return parts.join('\n');
}

// Mermaid reads < and > as markup, so they are written as entities inside quotes.
const shape = ({ kind, label }: ProjectedBox): string => {
  const text = /[<>"]/.test(label) ? `"${label.replaceAll('<', '#lt;').replaceAll('>', '#gt;')}"` : label;
  return kind === 'decision' ? `{${text}}` : `[${text}]`;
};

function* nodes({ boxes }: Projection): Generator<string> {
  for (const [letter, box] of boxes) yield `    ${letter}${shape(box)}`;
}

function* edges({ drawn, extra }: Projection): Generator<string> {
  const ours = new Map<string, string>();
  const id = (end: string): string => {
    if (!end.startsWith('(')) return end;
    const name = end.slice(1, -1);
    const key = `x_${name.replaceAll(/\W/g, '_')}`;
    ours.set(key, name);
    return key;
  };
  for (const { from, to, answer } of drawn) yield `    ${from} -->${answer === '' ? '' : `|${answer}|`} ${to}`;
  const dotted = extra.map(({ from, to, why }) => `    ${id(from)} -.->|${why}| ${id(to)}`);
  for (const [key, name] of ours) yield `    ${key}([${name}])`;
  yield* dotted;
}

function* colours({ boxes }: Projection): Generator<string> {
  for (const [letter, { outcome }] of boxes) {
    if (outcome !== undefined) yield `    style ${letter} fill:${outcomes[outcome].status === 'failed' ? '#ff9999' : '#ccffcc'}`;
  }
}
