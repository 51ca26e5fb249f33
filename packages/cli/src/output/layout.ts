/**
 * Lines and columns: widths are counted in characters as a terminal shows them, colours not counted.
 * @module
 */

// eslint-disable-next-line no-control-regex
const colours = /\u001b\[[0-9;]*m/g;

/** How many columns a text takes. Wide characters (CJK, most emoji) take two. */
export function width(text: string): number {
  let columns = 0;
  for (const character of text.replace(colours, '')) columns += isWide(character.codePointAt(0) ?? 0) ? 2 : 1;
  return columns;
}

function isWide(code: number): boolean {
  return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) || (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) || (code >= 0x1f300 && code <= 0x1faff);
}

export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}

/** Cuts a text to so many columns; colours that were open are closed. */
export function cut(text: string, columns: number, ellipsis: string): string {
  if (width(text) <= columns) return text;
  const room = columns - width(ellipsis);
  if (room <= 0) return '';
  let kept = '';
  let used = 0;
  let coloured = false;
  // eslint-disable-next-line no-control-regex
  for (const part of text.split(/(\u001b\[[0-9;]*m)/)) {
    if (part.startsWith('\u001b')) {
      kept += part;
      coloured = true;
      continue;
    }
    for (const character of part) {
      const next = width(character);
      if (used + next > room) return `${kept}${ellipsis}${coloured ? '\u001b[0m' : ''}`;
      kept += character;
      used += next;
    }
  }
  return kept;
}

/** Before a line of somebody else, which can then not be taken for one of ours. */
export const bar = '| ';

/**
 * Breaks a text at spaces into lines of at most so many columns; a word that is longer stands on a line of its own, whole.
 * Our own texts hold no line end: what follows one is somebody else's, and marked as such.
 */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const [at, paragraph] of text.split('\n').entries()) {
    lines.push(...(at === 0 ? wrapParagraph(paragraph, columns) : wrapParagraph(paragraph, columns - bar.length).map((line) => bar + line)));
  }
  return lines;
}

function wrapParagraph(paragraph: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(' ')) {
    if (line !== '' && width(line) + 1 + width(word) > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** Rows under one another, each column as wide as its widest cell; the last one is not padded. */
export function table(rows: readonly (readonly string[])[], gap = 2): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) => Math.max(0, ...rows.map((row) => width(row[at] ?? ''))));
  return rows.map((row) => row.map((cell, at) => (at === row.length - 1 ? cell : pad(cell, (widths[at] ?? 0) + gap))).join('').trimEnd());
}
