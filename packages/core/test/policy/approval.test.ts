import { ConfigurationError, noApproval, oneApproval, type OneApprovalOptions } from '@davit/core';
import { describe, expect, it } from 'vitest';

describe('an approval policy', () => {
  it.each<[string, unknown]>([
    ['approvers', { approvers: 'alice' }],
    ['approvers', { approvers: [] }],
    ['expiresInMs', { expiresInMs: NaN }],
    ['expiresInMs', { expiresInMs: '1d' }],
    ['approver', { approver: ['alice'] }],
  ])('that nobody could satisfy, or that waits for ever, is refused: %s', (field, options) => {
    expect(() => oneApproval(options as OneApprovalOptions)).toThrow(ConfigurationError);
    expect(() => oneApproval(options as OneApprovalOptions)).toThrow(expect.objectContaining({ field }) as Error);
  });

  it('is not switched off without a reason', () => {
    expect(() => noApproval('  ')).toThrow('noApproval: reason is empty; it must be a text that says why');
  });
});
