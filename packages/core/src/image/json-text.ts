/**
 * What `JSON.parse` does not say of a text: how deep it is nested, and whether a key stands twice in an object.
 * @module
 */
import { excerpt } from './excerpt.js';

/** Documents of the specification are six deep. What recurs through a document runs out of stack far above this. */
export const maxJsonDepth = 100;

/** What keeps a text that is JSON from being used; undefined where nothing does. */
export function jsonFault(text: string): string | undefined {
  /** The keys of each object that is open; null for a list. */
  const open: (Set<string> | null)[] = [];
  let isKey = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      const keys = open.at(-1);
      if (isKey && keys != null) {
        const key = JSON.parse(text.slice(at, end + 1)) as string;
        // Some readers take the first, some the last, and some put both together.
        if (keys.has(key)) return `has the key ${JSON.stringify(excerpt(key, 100))} twice in one object`;
        keys.add(key);
      }
      isKey = false;
      at = end;
    } else if (character === '{' || character === '[') {
      if (open.length === maxJsonDepth) return `is nested more than ${String(maxJsonDepth)} deep`;
      isKey = character === '{';
      open.push(isKey ? new Set() : null);
    } else if (character === '}' || character === ']') open.pop();
    else if (character === ',') isKey = open.at(-1) !== null;
  }
  return undefined;
}

/** Where the string that begins at `from` ends: at a quotation mark that no odd number of backslashes stands before. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; ; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"' || at >= text.length) return at;
  }
}
