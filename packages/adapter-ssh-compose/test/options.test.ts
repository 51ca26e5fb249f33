import { describe, expect, it } from 'vitest';
import { localCompose, sshCompose, type SshComposeOptions } from '../src/index.js';
import { settle } from '../src/options.js';

const project = { directory: '/srv/shop' };
const fingerprint = `SHA256:${'a'.repeat(43)}`;

describe('options', () => {
  it('need no more than a directory; the rest is as documented', () => {
    expect(settle({ project: { directory: '/srv/shop/' } })).toMatchObject({
      place: { directory: '/srv/shop', state: '/srv/shop/.davit', files: null, pinFile: 'compose.promoted.yaml', docker: { command: 'docker' } },
      health: { timeoutMs: 120_000, intervalMs: 1_000, stableMs: 10_000, stableWithHealthcheckMs: 3_000 },
      graceSeconds: null,
      minimumFree: { images: 2 ** 30, project: 2 ** 24 },
      keepPrevious: 3,
      timeouts: { commandMs: 60_000, pullMs: 600_000, restartMs: 300_000, stopMs: 180_000 },
    });
  });

  it.each([
    ['project.directory', { project: {} }],
    ['project.directory', { project: { directory: 'relative' } }],
    ['project.directory', { project: { directory: '/a\nb' } }],
    ['project.pinFile', { project: { ...project, pinFile: '../other.yaml' } }],
    ['project.files', { project: { ...project, files: [] } }],
    ['project.files', { project: { ...project, files: ['-'] } }],
    ['project.stateDirectory', { project: { ...project, stateDirectory: 'state' } }],
    ['health.intervalMs', { project, health: { intervalMs: 0 } }],
    ['keepPrevious', { project, keepPrevious: 0 }],
    ['graceSeconds', { project, graceSeconds: Number.NaN }],
    ['project', {}],
    ['foo', { project, foo: 1 }],
    ['project.job', { project: { ...project, job: ['migrate'] } }],
    ['project.files', { project: { ...project, files: 'compose.yaml' } }],
    ['project.jobs', { project: { ...project, jobs: 'migrate' } }],
    ['health.stableFor', { project, health: { stableFor: 5 } }],
    ['health.timeoutMs', { project, health: { timeoutMs: '1m' } }],
    ['timeouts.pull', { project, timeouts: { pull: 5 } }],
    ['timeouts', { project, timeouts: null }],
    ['docker.command', { project, docker: { command: '' } }],
    ['minimumFree.image', { project, minimumFree: { image: 5 } }],
    ['clock', { project, clock: {} }],
    ['name', { project, name: '' }],
  ])('are refused when they are made, by the name of the option: %s', (field, options) => {
    expect(() => localCompose(options as never)).toThrow(expect.objectContaining({ name: 'ConfigurationError', code: 'configuration_invalid', field }) as Error);
  });
});

describe('hosts over SSH', () => {
  const make = (options: Partial<SshComposeOptions>) => sshCompose({ project, hosts: ['app1'], ...options });
  const call = { signal: new AbortController().signal };

  it('are named by their address, in the order they were given', async () => {
    const deployer = make({ hosts: ['deploy@app1.example.com:2222', { address: '10.0.0.2', name: 'second' }, '[fe80::1]:22'] });
    expect(deployer.name).toBe('ssh-compose');
    expect((await deployer.hosts(call))._unsafeUnwrap()).toEqual(['app1.example.com', 'second', 'fe80::1']);
  });

  it.each([
    ['hosts', { hosts: [] }],
    ['hosts', { hosts: ['a b'] }],
    ['hosts', { hosts: ['same', { address: 'other', name: 'same' }] }],
    ['hosts[0].port', { hosts: ['app1:70000'] }],
    ['hosts[0].address', { hosts: [{ address: '' }] }],
    ['hosts[0].privateKey', { ssh: { privateKey: '~/.ssh/id_ed25519' } }],
    ['hosts[0].hostKey', { ssh: { hostKey: {} } }],
    ['hosts[0].hostKey', { ssh: { hostKey: { knownHosts: 'relative' } } }],
    ['hosts[0].hostKey', { ssh: { hostKey: { knownHosts: [] } } }],
    ['hosts[0].hostKey.fingerprint', { ssh: { hostKey: { fingerprint: 'MD5:00' } } }],
    ['hosts[0].hostKey.fingerprint', { ssh: { hostKey: { fingerprint: [] } } }],
    ['hosts', { hosts: undefined }],
    ['hosts[0]', { hosts: [5] }],
    ['hosts[0].adress', { hosts: [{ adress: 'app1' }] }],
    ['hosts[0].project.job', { hosts: [{ address: 'app1', project: { job: ['migrate'] } }] }],
    ['hosts[0].port', { hosts: [{ address: 'app1', port: '22' }] }],
    ['foo', { foo: 1 }],
    ['ssh.privatekeyFile', { ssh: { privatekeyFile: 'x' } }],
    ['ssh.hostkey', { ssh: { hostkey: { fingerprint } } }],
    ['ssh.hostKey', { ssh: { hostKey: null } }],
    ['ssh.hostKey.knownHosts', { ssh: { hostKey: { knownHosts: [5] } } }],
    ['ssh.connectTimeoutMs', { ssh: { connectTimeoutMs: Number.NaN } }],
  ])('are refused by the name of the option: %s', (field, options) => {
    expect(() => make(options as never)).toThrow(expect.objectContaining({ code: 'configuration_invalid', field }) as Error);
  });

  it('are said to be what they are, and what they must be', () => {
    expect(() => make({ hosts: 'a' } as never)).toThrow('sshCompose: hosts is a string; it must be a list of hosts, at least one: [\'user@address:port\']');
    expect(() => make({ hosts: [] })).toThrow('sshCompose: hosts is empty; it must be a list of hosts, at least one');
    expect(() => make({ ssh: { passPhrase: 'planted' } } as never)).toThrow(/^sshCompose: ssh has no option "passPhrase"; it has user, port, [^!]*passphrase/);
    expect(() => sshCompose(null as never)).toThrow('sshCompose: what is given is null; it must be an object');
  });

  it('have secrets, which are known for redaction', () => {
    const deployer = make({ hosts: ['app1', { address: 'app2', password: 'planted-password' }], ssh: { passphrase: 'planted-passphrase', hostKey: { fingerprint } } });
    expect([...deployer.secrets()].sort()).toEqual(['planted-passphrase', 'planted-password']);
  });

  it('are a programming error where core names one that does not exist', () => {
    expect(() => make({}).current('nowhere', { services: [] }, call)).toThrow(/no host "nowhere"; it has app1/);
  });
});
