/**
 * The specification's own charts, parsed from a copy of it.
 * @module
 */
import { readFileSync } from 'node:fs';
import { charts, type Chart } from '../../src/machine/index.js';

export interface SpecifiedChart {
  readonly chart: Chart;
  readonly boxes: ReadonlyMap<string, { readonly label: string; readonly diamond: boolean; readonly colour: string }>;
  /** `from to answer` */
  readonly edges: readonly string[];
}

const line = /^\s*(\w+)(\[[^\]]*\]|\{[^}]*\})?\s*-->\s*(?:\|(\w+)\|)?\s*(\w+)(\[[^\]]*\]|\{[^}]*\})?\s*$/;

export function specifiedCharts(): readonly SpecifiedChart[] {
  const text = readFileSync(new URL('./specification.md', import.meta.url), 'utf8');
  return [...text.matchAll(/```mermaid\n([\s\S]*?)```/g)].map((block, at) => {
    const boxes = new Map<string, { label: string; diamond: boolean; colour: string }>();
    const edges: string[] = [];
    for (const row of (block[1] as string).split('\n')) {
      const style = /^\s*style (\w+) fill:(#\w+)/.exec(row);
      const styled = boxes.get(style?.[1] ?? '');
      if (styled !== undefined) styled.colour = style?.[2] ?? '';
      const edge = line.exec(row);
      if (edge === null) continue;
      for (const [id, shape] of [[edge[1], edge[2]], [edge[4], edge[5]]] as const) {
        if (id !== undefined && shape !== undefined) boxes.set(id, { label: shape.slice(1, -1), diamond: shape.startsWith('{'), colour: '' });
      }
      edges.push(`${edge[1] as string} ${edge[4] as string} ${edge[3] ?? ''}`);
    }
    return { chart: charts[at] as Chart, boxes, edges };
  });
}
