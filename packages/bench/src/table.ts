/**
 * The figures as a table: medians of ratios to the first peer, round by round, and medians of what was measured.
 * @module
 */
import type { Runs } from './copy-bench.js';

export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return null;
  return sorted.length % 2 === 1 ? (sorted[Math.floor(middle)] ?? null) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** `startMs`: what each contender takes to start and do nothing, where a case is short enough for it to matter. */
export function tableOf(runs: Runs, startMs: ReadonlyMap<string, number>, peers: readonly string[] = [...runs.keys()].filter((name) => !name.startsWith('davit'))): readonly string[] {
  const isShort = [...runs.values()].some((all) => (median(all.map(({ wallMs }) => wallMs)) ?? 0) < 1000);
  const header = ['', 'wall s', 'least s', ...(isShort ? ['without start s'] : []), 'cpu s', 'peak MB', 'source req', 'target req', ...peers.map((peer) => `× ${peer}`)];
  const rows = [...runs].map(([name, all]) => {
    const walls = all.map(({ wallMs }) => wallMs);
    const wall = median(walls);
    const figure = (value: number | null, digits: number): string => (value === null ? '-' : value.toFixed(digits));
    const seconds = (ms: number | null): string => figure(ms === null ? null : ms / 1000, 2);
    const of = (pick: (run: (typeof all)[number]) => number | null): number | null => median(all.map(pick).filter((value) => value !== null));
    const ratio = (peer: string): string => figure(median(walls.map((own, round) => own / (runs.get(peer)?.[round]?.wallMs ?? NaN))), 2);
    return [
      name,
      seconds(wall),
      seconds(Math.min(...walls)),
      ...(isShort ? [seconds(wall === null ? null : wall - (startMs.get(name) ?? 0))] : []),
      seconds(of(({ cpuMs }) => cpuMs)),
      figure(of(({ peakMb }) => peakMb), 0),
      figure(of(({ sourceRequests }) => sourceRequests), 0),
      figure(of(({ targetRequests }) => targetRequests), 0),
      ...peers.map((peer) => (peer === name ? '1' : ratio(peer))),
    ];
  });
  const all = [header, ...rows];
  const widths = header.map((_cell, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all.map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ').trimEnd());
}
