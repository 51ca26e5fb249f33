/**
 * A terminal as far as the live view uses one: lines that wrap, the cursor that goes up, and what is cleared. Every other
 * sequence is refused, so that a view cannot use what this does not show.
 */
import type { OutputStream } from '../src/surroundings.js';

export interface Screen extends OutputStream {
  /** What stands on it, without colours; the scrolled part included. */
  lines(): string[];
  /** How often something was written. */
  readonly writes: number;
  resize(columns: number): void;
}

export function screen(columns: number, rows = 24): Screen {
  let cells: string[] = [''];
  let row = 0;
  let column = 0;
  let wide = columns;
  let writes = 0;
  const put = (character: string): void => {
    if (column === wide) newLine();
    const line = (cells[row] ?? '').padEnd(column);
    cells[row] = line.slice(0, column) + character + line.slice(column + 1);
    column += 1;
  };
  const newLine = (): void => {
    row += 1;
    column = 0;
    cells[row] ??= '';
  };
  const obey = (parameters: string, command: string): void => {
    if (command === 'm' || ((command === 'h' || command === 'l') && parameters === '?2026')) return;
    if (command === 'F') {
      row = Math.max(0, row - Number(parameters));
      column = 0;
    } else if (command === 'K' && parameters === '') cells[row] = (cells[row] ?? '').slice(0, column);
    else if (command === 'J' && parameters === '') cells = [...cells.slice(0, row), (cells[row] ?? '').slice(0, column)];
    else throw new Error(`unknown sequence: ${parameters}${command}`);
  };
  return {
    isTerminal: true,
    columns: () => wide,
    rows: () => rows,
    get writes() {
      return writes;
    },
    resize: (next) => {
      // As terminals do it: what stood on one line stands on several then.
      wide = next;
      const above = cells.slice(0, row).flatMap((line) => (line === '' ? [''] : (line.match(new RegExp(`.{1,${String(next)}}`, 'gu')) ?? [])));
      row = above.length;
      cells = [...above, ''];
    },
    write: (text) => {
      writes += 1;
      // eslint-disable-next-line no-control-regex
      for (const [whole, parameters, command] of text.matchAll(/\u001b\[([?0-9;]*)([A-Za-z])|[\s\S]/gu)) {
        if (command !== undefined) obey(parameters ?? '', command);
        else if (whole === '\n') newLine();
        else put(whole);
      }
    },
    lines: () => cells.slice(0, -1).concat(cells.at(-1) === '' ? [] : [cells.at(-1) ?? '']),
  };
}
