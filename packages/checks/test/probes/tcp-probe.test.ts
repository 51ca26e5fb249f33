/**
 * TCP probes against real sockets (R63–R65).
 * @module
 */
import { tcpProbe } from '@davit/checks';
import { ConfigurationError, type ProbeSubject } from '@davit/core';
import { describe, expect, it } from 'vitest';
import { application, freePort } from '../fixture/application.js';
import { networkFault } from '../../src/probes/network-fault.js';

const subject: ProbeSubject = { promotion: 'p1', host: '127.0.0.1', digests: {} };
const signal = new AbortController().signal;

describe('tcpProbe', () => {
  it('is content when the port accepts three times in a row, on each host', async () => {
    const app = await application((response) => response.end());
    const probe = tcpProbe({ host: '{host}', port: app.port, intervalMs: 1 });
    expect(probe.scope).toBe('host');
    const report = (await probe.probe(subject, { signal }))._unsafeUnwrap();
    expect(report.target).toBe(`tcp://127.0.0.1:${String(app.port)}`);
    expect(report.summary).toMatch(/^accepted in \d+ ms, 3 times in a row$/);
    expect(app.connections()).toBe(3);
    await app.close();
  });

  it('is endpoint_failed when nothing listens there', async () => {
    const port = await freePort();
    const error = (await tcpProbe({ host: '127.0.0.1', port, intervalMs: 1, failureThreshold: 2 }).probe(subject, { signal }))._unsafeUnwrapErr();
    expect(error).toMatchObject({ code: 'endpoint_failed', url: `tcp://127.0.0.1:${String(port)}`, message: expect.stringContaining('refused') as string });
  });

  it('is interrupted when it is asked to stop', async () => {
    expect((await tcpProbe({ host: '127.0.0.1', port: 1 }).probe(subject, { signal: AbortSignal.abort() }))._unsafeUnwrapErr().code).toBe('interrupted');
  });

  it('checks its options at once', () => {
    for (const port of [0, 65_536, 1.5]) expect(() => tcpProbe({ host: 'a', port })).toThrow(ConfigurationError);
    expect(() => tcpProbe({ host: '', port: 1 })).toThrow(ConfigurationError);
    expect(() => tcpProbe({ host: 'a', port: '22' as unknown as number })).toThrow('tcpProbe: port is a string; it must be a whole number from 1 to 65535');
    expect(() => tcpProbe({ host: 'a', port: 1, retries: 3 } as never)).toThrow(/^tcpProbe: there is no option "retries"; there are timeoutMs, /);
  });
});

describe('a fault of the network', () => {
  it.each(['EAI_AGAIN', 'ENETUNREACH', 'EMFILE'])('that is this machine\'s own says nothing of the endpoint: %s', (code) => {
    expect(networkFault(Object.assign(new Error('x'), { code })).verdict).toBe('unknown');
  });
  it.each(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'CERT_HAS_EXPIRED'])('that is the endpoint\'s counts against it: %s', (code) => {
    expect(networkFault(Object.assign(new Error('x'), { code })).verdict).toBe('bad');
  });
});
