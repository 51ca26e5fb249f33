import { describe, expect, it } from 'vitest';
import { factText } from '../../src/story/fact-text.js';

describe('what a copy did', () => {
  const copied = (blobs: object, bytesCopied = 0): string => factText('image.copy', { web: { present: false, bytesCopied, blobs: { copied: 0, mounted: 0, present: 0, ...blobs } } }).detail;

  it('is said of the blobs that there were, and of none that there was none', () => {
    expect(copied({ copied: 2, mounted: 1, present: 3 }, 52_400_000)).toBe('52.4 MB in 2 blobs copied, 1 mounted, 3 there already');
    expect(copied({ mounted: 1 })).toBe('1 blob mounted');
    expect(copied({ present: 3 })).toBe('3 blobs there already');
    expect(copied({})).toBe('no blob had to be copied');
  });
});
