import { describe, expect, it } from 'vitest';
import { holderOf, portIn, readPorts, type PortsInUse } from '../../src/host/ports.js';
import type { Report, Step } from '../../src/report.js';
import { container } from './samples.js';

const report = (...steps: readonly Step[]): Report => ({ rc: 0, steps, stderr: '', step: (name) => steps.find((step) => step.name === name), out: (name) => steps.find((step) => step.name === name && step.rc === 0)?.out });
const sockets = `tcp   LISTEN 0      4096     0.0.0.0:18082 0.0.0.0:* users:(("docker-proxy",pid=15334,fd=4))
tcp   LISTEN 0      511      127.0.0.1:3000  0.0.0.0:* users:(("node",pid=71,fd=20),("node",pid=72,fd=20))
tcp   LISTEN 0      511              *:8443        *:*
tcp   LISTEN 0      511           [::]:8080     [::]:*    users:(("nginx",pid=9,fd=6))
udp   UNCONN 0      0       127.0.0.53%lo:53   0.0.0.0:*    users:(("resolved",pid=5,fd=6))`;
const inUse = readPorts(report({ name: 'listening', rc: 0, out: sockets, err: '' }));
const owner = { project: 'shop', service: 'web' };
const holder = (port: number, more: { protocol?: string; address?: string } = {}, all: PortsInUse = inUse) => holderOf({ port, protocol: 'tcp', ...more }, owner, all);

describe('who holds a port', () => {
  it('is named with its process, from the sockets that listen', () => {
    expect(holder(3000)).toBe('process node, pid 71');
    expect(holder(8080)).toBe('process nginx, pid 9');
    expect(holder(8443)).toBe('a process that this user may not see');
    expect(holder(53, { protocol: 'udp', address: '127.0.0.53' })).toBe('process resolved, pid 5');
  });

  it('is nobody for a free port, another protocol or another address', () => {
    expect(holder(3001)).toBeUndefined();
    expect(holder(3000, { protocol: 'udp' })).toBeUndefined();
    expect(holder(3000, { address: '10.0.0.1' })).toBeUndefined();
    expect(holder(3000, { address: '127.0.0.1' })).toBe('process node, pid 71');
  });

  it('is another container, but not the service itself, behind whose port the proxy listens', () => {
    const ports = { '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '18082' }] };
    expect(holder(18_082, {}, { ...inUse, containers: [container('web', { ports })] })).toBeUndefined();
    expect(holder(18_082, {}, { ...inUse, containers: [container('api', { ports })] })).toBe('container shop-api-1');
    expect(holder(18_082, {}, { ...inUse, containers: [container('web', { ports, project: 'other', name: 'other-web-1' })] })).toBe('container other-web-1');
    expect(holder(18_082, { protocol: 'udp' }, { listeners: [], containers: [container('api', { ports })] })).toBeUndefined();
  });

  it('is found in the kernel’s own table where there is no ss', () => {
    const kernel = `  sl  local_address rem_address   st
   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1
   1: 0100007F:0BB9 00000000:0000 01 00000000:00000000 00:00000000 00000000     0        0 1
   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A`;
    const found = readPorts(report({ name: 'listening', rc: 127, out: '', err: 'ss: not found' }, { name: 'kernel', rc: 0, out: kernel, err: '' }));
    expect(holder(3000, {}, found)).toBe('a process that this user may not see');
    expect(holder(3000, { address: '10.1.1.1' }, found)).toBeUndefined();
    expect(holder(3001, {}, found)).toBeUndefined();
    expect(holder(8080, { address: '10.1.1.1' }, found)).toBe('a process that this user may not see');
  });
});

describe('which port the engine could not bind', () => {
  it.each([
    [8080, 'Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use'],
    [8080, 'Error starting userland proxy: listen tcp6 [::]:8080: bind: address already in use'],
    [80, 'driver failed programming external connectivity: Bind for 127.0.0.1:80 failed: port is already allocated'],
    [443, 'failed to bind host port for 0.0.0.0:443:172.18.0.2:443/tcp: address already in use'],
    [443, 'failed to bind host port 0.0.0.0:443/tcp: address already in use'],
    [9000, 'ports are not available: exposing port TCP 0.0.0.0:9000 -> 127.0.0.1:0: listen tcp 0.0.0.0:9000: bind: address already in use'],
  ])('is %i in: %s', (port, message) => {
    expect(portIn(message)).toBe(port);
  });

  it('is unknown where no port is named', () => {
    expect(portIn('address already in use')).toBeUndefined();
  });
});
