/**
 * Chart 1 of the specification: Image Validation Process (R36–R49).
 * @module
 */
import { base, end, passage, step } from './base.js';
import { chart, type Box } from './box.js';

const box = chart('validation', {
  A: 'Start Image Validation',
  B: 'Check Image Size',
  C: 'Size < 1GB?',
  D: 'Fail - Image Too Large',
  E: 'Verify Image Layers',
  F: 'All Layers Present?',
  G: 'Fail - Corrupted Image',
  H: 'Check Image Metadata',
  I: 'Metadata Valid?',
  J: 'Fail - Invalid Metadata',
  K: 'Verify Image Signature',
  L: 'Signature Valid?',
  M: 'Fail - Invalid Signature',
  N: 'Validation Complete',
});

/** The diamond after a check. With `collectAll` a failed check is noted and the next one is made all the same (R6). */
const checked = (diamond: Box, next: string, fail: string) =>
  base.createStateConfig({
    meta: { kind: 'decision', ...diamond },
    always: [
      { guard: 'ok', target: next, meta: { answer: 'Yes' } },
      { guard: 'collectingAll', target: next, meta: { extra: 'R6 collectAll' } },
      { target: fail, meta: { answer: 'No' } },
    ],
  });

export const validation = base.createStateConfig({
  initial: 'start',
  states: {
    start: passage(box('A'), 'checkingSize'),
    checkingSize: step(box('B'), 'validation.size', 'sizeWithinLimit'),
    sizeWithinLimit: checked(box('C'), 'verifyingLayers', 'tooLarge'),
    tooLarge: end(box('D')),
    verifyingLayers: step(box('E'), 'validation.layers', 'layersPresent'),
    layersPresent: checked(box('F'), 'checkingMetadata', 'corrupted'),
    corrupted: end(box('G')),
    checkingMetadata: step(box('H'), 'validation.metadata', 'metadataValid'),
    metadataValid: checked(box('I'), 'verifyingSignature', 'invalidMetadata'),
    invalidMetadata: end(box('J')),
    verifyingSignature: step(box('K'), 'validation.signature', 'signatureValid'),
    signatureValid: {
      meta: { kind: 'decision', ...box('L') },
      always: [
        { guard: 'imageValid', target: 'complete', meta: { answer: 'Yes' } },
        { guard: 'sizeFailed', target: 'tooLarge', meta: { extra: 'R6 collectAll' } },
        { guard: 'layersFailed', target: 'corrupted', meta: { extra: 'R6 collectAll' } },
        { guard: 'metadataFailed', target: 'invalidMetadata', meta: { extra: 'R6 collectAll' } },
        { target: 'invalidSignature', meta: { answer: 'No' } },
      ],
    },
    invalidSignature: end(box('M')),
    complete: end(box('N')),
  },
});
