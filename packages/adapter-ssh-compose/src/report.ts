/**
 * Reads what our scripts print: one JSON line a step on standard output, and a marker a step on standard error.
 * @module
 */
import type { Output } from './shell.js';

/** One command of a script. */
export interface Step {
  readonly name: string;
  readonly rc: number;
  readonly out: string;
  readonly err: string;
}

export interface Report {
  readonly rc: number;
  readonly steps: readonly Step[];
  /** The first step of that name, or undefined. */
  step(name: string): Step | undefined;
  /** What a step printed, where it ended with 0. */
  out(name: string): string | undefined;
  /** Standard error as a whole, without markers. */
  readonly stderr: string;
}

const marker = /^@davit (\S+)$/;

function splitErrors(stderr: string): { readonly whole: string; readonly parts: readonly { readonly name: string; readonly text: string }[] } {
  const parts: { name: string; lines: string[] }[] = [];
  const whole: string[] = [];
  for (const line of stderr.split('\n')) {
    const begins = marker.exec(line);
    if (begins !== null) parts.push({ name: begins[1] ?? '', lines: [] });
    else {
      whole.push(line);
      parts.at(-1)?.lines.push(line);
    }
  }
  return { whole: whole.join('\n').trim(), parts: parts.map(({ name, lines }) => ({ name, text: lines.join('\n').trim() })) };
}

export function readReport(output: Output): Report {
  const { whole, parts } = splitErrors(output.stderr);
  const unread = [...parts];
  const steps: Step[] = [];
  for (const line of output.stdout.split('\n')) {
    if (!line.startsWith('{"step":')) continue;
    const { step: name, rc, out } = JSON.parse(line) as { step: string; rc: number; out: string };
    const at = unread.findIndex((part) => part.name === name);
    const [found] = at < 0 ? [] : unread.splice(at, 1);
    steps.push({ name, rc, out: Buffer.from(out, 'base64').toString('utf8'), err: found?.text ?? '' });
  }
  const step = (name: string): Step | undefined => steps.find((one) => one.name === name);
  return {
    rc: output.rc,
    steps,
    stderr: whole,
    step,
    out: (name) => {
      const found = step(name);
      return found?.rc === 0 ? found.out : undefined;
    },
  };
}
