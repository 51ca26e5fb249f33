import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPins, readPins } from '../../src/project/pin-file.js';

describe('the pin file', () => {
  it('is the same bytes for the same pins, in whatever order they came', () => {
    const a = formatPins(new Map([['web', 'r/web@sha256:1'], ['api', 'r/api@sha256:2']]));
    const b = formatPins(new Map([['api', 'r/api@sha256:2'], ['web', 'r/web@sha256:1']]));
    expect(a.equals(b)).toBe(true);
    expect(a.toString()).toContain('services:\n  "api":\n    image: "r/api@sha256:2"\n');
  });

  it('reads what it wrote', () => {
    const service = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,20}$/);
    const image = fc.stringMatching(/^[a-z0-9.:/@-]{1,60}$/);
    fc.assert(fc.property(fc.dictionary(service, image), (pins) => {
      expect(new Map([...(readPins(formatPins(new Map(Object.entries(pins)))) ?? [])])).toEqual(new Map(Object.entries(pins)));
    }));
    expect(readPins(formatPins(new Map()))).toEqual(new Map());
  });

  it('is not ours any more when somebody put settings into it', () => {
    const ours = formatPins(new Map([['web', 'r/web@sha256:1']])).toString();
    expect(readPins(Buffer.from(`${ours}    environment:\n      A: 1\n`))).toBeNull();
    expect(readPins(Buffer.from('services:\n  web: {image: x}\n'))).toBeNull();
    expect(readPins(Buffer.from(`# a comment\n${ours}`))).toEqual(new Map([['web', 'r/web@sha256:1']]));
  });
});
