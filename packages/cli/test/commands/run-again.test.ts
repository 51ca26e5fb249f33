import { failure } from '@davit/core';
import { describe, expect, it } from 'vitest';
import { runAgain } from '../../src/commands/run-again.js';

describe('what an adapter advises', () => {
  it.each([
    ['it wants a certificate of its client; give one in the option clientCertificate', 'it wants a certificate of its client; give one with --cert and --key (--src-… or --dst-… for a side of a copy)'],
    ['it does not take the certificate that was shown (unknown ca); look at the option clientCertificate', 'it does not take the certificate that was shown (unknown ca); look at --cert (--src-cert or --dst-cert for a side of a copy)'],
    ["its certificate is not trusted (X); give the authority's certificate in the option ca, or name the registry in insecure", "its certificate is not trusted (X); give the authority's certificate with --ca (--src-ca or --dst-ca for a side of a copy), or say --insecure"],
  ])('is said in flags: %s', (said, shown) => {
    const { message, remedy } = runAgain(failure('registry_certificate', said));
    expect(message).toBe(shown);
    expect(remedy).toMatch(/--ca, or the client's with --cert and --key/);
  });
});
