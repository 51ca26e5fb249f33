/**
 * Colours, marks and the width of lines, as the stream and its reader want them.
 * @module
 */
import type { OutputStream } from '../surroundings.js';

type Paint = (text: string) => string;

export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
  readonly marks: Marks;
  /** Of the terminal, asked anew each time; undefined where there is none or nobody knows. */
  readonly columns: number | undefined;
}

export interface Marks {
  readonly passed: string;
  readonly failed: string;
  readonly running: string;
  readonly waiting: string;
  readonly warning: string;
  readonly note: string;
  readonly back: string;
  readonly arrow: string;
  readonly full: string;
  readonly empty: string;
  readonly ellipsis: string;
}

const unicode: Marks = { passed: '✔', failed: '✖', running: '●', waiting: '◷', warning: '▲', note: '·', back: '↩', arrow: '→', full: '█', empty: '░', ellipsis: '…' };
const ascii: Marks = { passed: '+', failed: 'x', running: '*', waiting: '~', warning: '!', note: '-', back: '<', arrow: '->', full: '#', empty: '.', ellipsis: '...' };

type Environment = Readonly<Record<string, string | undefined>>;

/** NO_COLOR wins (https://no-color.org), then FORCE_COLOR; else colours go to terminals only. */
export function hasColour(stream: Pick<OutputStream, 'isTerminal'>, environment: Environment): boolean {
  if ((environment['NO_COLOR'] ?? '') !== '') return false;
  const forced = environment['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return stream.isTerminal && environment['TERM'] !== 'dumb';
}

/** The console of the Linux kernel draws few characters; every other terminal of today draws ours. */
function hasUnicode(environment: Environment): boolean {
  return environment['TERM'] !== 'linux' && environment['TERM'] !== 'dumb';
}

export function styleFor(stream: Pick<OutputStream, 'isTerminal'> & Partial<Pick<OutputStream, 'columns'>>, environment: Environment): Style {
  return makeStyle(hasColour(stream, environment), hasUnicode(environment), () => stream.columns?.());
}

export function makeStyle(colour: boolean, drawn = true, columns: () => number | undefined = () => undefined): Style {
  const paint = (open: number, close: number): Paint => (colour ? (text) => (text === '' ? '' : `\u001b[${String(open)}m${text}\u001b[${String(close)}m`) : (text) => text);
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
    marks: drawn ? unicode : ascii,
    get columns() {
      return columns();
    },
  };
}
