import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import ssh2 from 'ssh2';
import { freePort } from '@davit/real-services';
import { isHeld, type Shell } from '../../src/shell.js';
import { sshShell } from '../../src/ssh/exec.js';
import { fingerprintOf } from '../../src/ssh/host-key.js';
import type { SshTarget } from '../../src/ssh/target.js';
import { hostKey, otherUserKey, password, runCommand, secondHostKey, startSshServer, strangeHostKey, userKey, type SshServer } from './ssh-server.js';

describe('a shell over SSH', () => {
  let server: SshServer;
  let directory: string;
  let knownHosts: string;
  const shells: Shell[] = [];

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'davit-ssh-'));
    knownHosts = join(directory, 'known_hosts');
    server = await startSshServer();
    writeFileSync(knownHosts, `${server.knownHostsLine()}\n`);
  });
  afterEach(async () => {
    await Promise.all(shells.splice(0).map((shell) => shell.close()));
    await server.close();
    rmSync(directory, { recursive: true });
  });

  const shellFor = (more: Partial<SshTarget> = {}): Shell => {
    const shell = sshShell({ name: 'host', address: '127.0.0.1', port: server.port, user: 'deploy', privateKey: userKey.private, hostKey: { knownHosts }, connectTimeoutMs: 10_000, ...more });
    shells.push(shell);
    return shell;
  };
  const run = (shell: Shell, script: string, more: { signal?: AbortSignal; timeoutMs?: number } = {}) => shell.run(script, { signal: new AbortController().signal, timeoutMs: 20_000, ...more });
  const fault = async (more: Partial<SshTarget>) => (await run(shellFor(more), 'echo here'))._unsafeUnwrapErr();

  describe('runs scripts', () => {
    it('and gives back what they wrote and how they ended, over one connection', async () => {
      const shell = shellFor();
      expect((await run(shell, 'echo out; echo err >&2; exit 3'))._unsafeUnwrap()).toEqual({ rc: 3, stdout: 'out\n', stderr: 'err\n' });
      expect((await run(shell, 'echo again'))._unsafeUnwrap().stdout).toBe('again\n');
      expect(server.connections()).toBe(1);
    });

    it('with nothing of them on the command line', async () => {
      (await run(shellFor(), 'echo planted-in-script'))._unsafeUnwrap();
      expect(server.commands.join()).not.toContain('planted');
    });

    it('four at a time, because a server opens only so many sessions', async () => {
      let open = 0;
      let most = 0;
      server.answer = (command, channel) => {
        open += 1;
        most = Math.max(most, open);
        channel.on('close', () => { open -= 1; });
        runCommand(command, channel);
      };
      const shell = shellFor();
      const results = await Promise.all(Array.from({ length: 12 }, (_, n) => run(shell, `echo ${String(n)}`)));
      expect(results.map((result) => result._unsafeUnwrap().stdout.trim())).toEqual(Array.from({ length: 12 }, (_, n) => String(n)));
      expect(most).toBeLessThanOrEqual(4);
    });

    it('again on a new connection after the old one was lost', async () => {
      const shell = shellFor();
      (await run(shell, 'echo one'))._unsafeUnwrap();
      server.dropConnections();
      expect((await run(shell, 'echo two'))._unsafeUnwrap().stdout).toBe('two\n');
      expect(server.connections()).toBe(2);
    });

    it('and says when the server opens no session', async () => {
      server.maxSessions = 0;
      expect((await run(shellFor(), 'echo x'))._unsafeUnwrapErr()).toMatchObject({ code: 'host_unreachable', retryable: true, message: expect.stringContaining('MaxSessions') as string });
    });
  });

  describe('does not know the outcome', () => {
    it('when the connection drops in the middle', async () => {
      server.answer = (_command, channel) => {
        channel.write('__PID=1__\nsome output\n');
        setTimeout(() => { server.dropConnections(); }, 50);
      };
      expect((await run(shellFor(), 'echo x'))._unsafeUnwrapErr()).toMatchObject({ code: 'host_connection_lost', retryable: true, host: 'host' });
    });

    it('when a session ends without the sentinel, whatever its exit code', async () => {
      for (const code of [0, 1, 255]) {
        server.answer = (_command, channel) => {
          channel.write('output');
          channel.exit(code);
          channel.end();
        };
        expect((await run(shellFor(), 'echo x'))._unsafeUnwrapErr().code).toBe('host_connection_lost');
      }
    });

    it('but does when the host ended the script for its time-out', async () => {
      expect((await run(shellFor(), 'sleep 30', { timeoutMs: 1_000 }))._unsafeUnwrapErr()).toMatchObject({ code: 'command_timeout', exitCode: 124 });
    });
  });

  it('ends the remote script when it is interrupted, and answers at once', async () => {
    const controller = new AbortController();
    const shell = shellFor();
    const mark = join(directory, 'mark');
    const running = run(shell, `sh -c 'echo "$$" >${mark}.new; mv ${mark}.new ${mark}; exec sleep 30'`, { signal: controller.signal });
    while (!existsSync(mark)) await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort();
    expect((await running)._unsafeUnwrapErr().code).toBe('interrupted');
    const ended = await run(shell, `n=0; while kill -0 ${readFileSync(mark, 'utf8').trim()} 2>/dev/null && [ $n -lt 100 ]; do n=$((n+1)); sleep 0.1; done; echo $n`);
    expect(Number(ended._unsafeUnwrap().stdout)).toBeLessThan(100);
    expect(server.commands.some((command) => /^kill -TERM -\d+$/.test(command))).toBe(true);
  });

  describe('holds on to a script', () => {
    const options = () => ({ signal: new AbortController().signal, timeoutMs: 20_000 });
    const script = (mark: string): string => `echo before; echo __HELD__; while read -r line; do :; done; : >${mark}`;

    it('until it is released', async () => {
      const mark = join(directory, 'ended');
      const answer = (await shellFor().hold(script(mark), options()))._unsafeUnwrap();
      if (!isHeld(answer)) throw new Error('not held');
      expect(answer.output.stdout).toContain('before');
      expect(existsSync(mark)).toBe(false);
      await answer.release();
      expect(existsSync(mark)).toBe(true);
      expect(answer.alive).toBe(false);
    });

    it('and notices when it is lost with the connection, which ends it on the host too', async () => {
      const mark = join(directory, 'ended');
      const answer = (await shellFor().hold(script(mark), options()))._unsafeUnwrap();
      if (!isHeld(answer)) throw new Error('not held');
      server.dropConnections();
      while (answer.alive || !existsSync(mark)) await new Promise((resolve) => setTimeout(resolve, 20));
      await answer.release();
    });

    it('or gives its output back where it ends by itself', async () => {
      expect((await shellFor().hold('echo no; exit 75', options()))._unsafeUnwrap()).toMatchObject({ rc: 75, stdout: 'no\n' });
    });
  });

  describe('checks who the host is', () => {
    it('and says nothing to a host that is not on file', async () => {
      writeFileSync(knownHosts, '');
      const error = await fault({});
      const shown = ssh2.utils.parseKey(hostKey.public);
      if (shown instanceof Error) throw shown;
      expect(error).toMatchObject({ code: 'host_key_unknown', retryable: false });
      expect(error.message).toContain(fingerprintOf(shown.getPublicSSH()));
      expect(server.commands).toEqual([]);
    });

    it('also when there is no file at all', async () => {
      expect((await fault({ hostKey: { knownHosts: join(directory, 'none') } })).code).toBe('host_key_unknown');
    });

    it('and refuses another key than the one on file', async () => {
      writeFileSync(knownHosts, `${server.knownHostsLine(strangeHostKey)}\n`);
      expect(await fault({})).toMatchObject({ code: 'host_key_mismatch', retryable: false });
      expect(server.commands).toEqual([]);
    });

    it('and refuses a revoked key although it is on file', async () => {
      writeFileSync(knownHosts, `${server.knownHostsLine()}\n@revoked * ${hostKey.public.split(' ').slice(0, 2).join(' ')}\n`);
      expect((await fault({})).message).toContain('revoked');
    });

    it('by its fingerprint where that is given', async () => {
      const shown = ssh2.utils.parseKey(hostKey.public);
      if (shown instanceof Error) throw shown;
      const fingerprint = fingerprintOf(shown.getPublicSSH());
      expect((await run(shellFor({ hostKey: { fingerprint } }), 'echo here')).isOk()).toBe(true);
      expect((await run(shellFor({ hostKey: { fingerprint: [`SHA256:${'A'.repeat(43)}`, `${fingerprint}=`] } }), 'echo here')).isOk()).toBe(true);
      expect((await fault({ hostKey: { fingerprint: `SHA256:${'A'.repeat(43)}` } })).code).toBe('host_key_mismatch');
    });

    it('by the type of key that is on file, where the host has several', async () => {
      const two = await startSshServer([hostKey, secondHostKey]);
      try {
        for (const key of [hostKey, secondHostKey]) {
          writeFileSync(knownHosts, `${two.knownHostsLine(key)}\n`);
          expect((await run(shellFor({ port: two.port }), 'echo here')).isOk()).toBe(true);
        }
      } finally {
        await Promise.all(shells.splice(0).map((shell) => shell.close()));
        await two.close();
      }
    });

    it('and says so when the host has no key of a type on file', async () => {
      writeFileSync(knownHosts, `${server.knownHostsLine(secondHostKey)}\n`);
      expect(await fault({})).toMatchObject({ code: 'host_key_unknown', message: expect.stringContaining('ecdsa-sha2-nistp256') as string });
    });
  });

  describe('logs in', () => {
    it('with a key file, with a passphrase, and with a password', async () => {
      const file = join(directory, 'key');
      const locked = ssh2.utils.generateKeyPairSync('ed25519', { passphrase: 'open', cipher: 'aes256-ctr', rounds: 4 });
      writeFileSync(file, userKey.private);
      chmodSync(file, 0o600);
      expect((await run(sshOf({ privateKeyFile: file }), 'echo x')).isOk()).toBe(true);
      expect((await run(sshOf({ password }), 'echo x')).isOk()).toBe(true);
      writeFileSync(file, locked.private);
      expect((await run(sshOf({ privateKeyFile: file, passphrase: 'open' }), 'echo x'))._unsafeUnwrapErr().code).toBe('host_auth_failed');
      expect((await run(sshOf({ privateKeyFile: file, passphrase: 'wrong' }), 'echo x'))._unsafeUnwrapErr()).toMatchObject({ code: 'ssh_key_invalid', path: file });
      expect((await run(sshOf({ privateKeyFile: file }), 'echo x'))._unsafeUnwrapErr()).toMatchObject({ code: 'ssh_key_invalid' });
    });

    const sshOf = (login: Partial<SshTarget>): Shell => {
      const shell = sshShell({ name: 'host', address: '127.0.0.1', port: server.port, user: 'deploy', hostKey: { knownHosts }, connectTimeoutMs: 10_000, ...login });
      shells.push(shell);
      return shell;
    };

    it('and tells a wrong login from a wrong key file, without the secret', async () => {
      expect(await fault({ privateKey: otherUserKey.private })).toMatchObject({ code: 'host_auth_failed', retryable: false });
      expect(await fault({ user: 'nobody-here' })).toMatchObject({ code: 'host_auth_failed', message: expect.stringContaining('nobody-here') as string });
      const wrong = (await run(sshOf({ password: 'planted-wrong-password' }), 'echo x'))._unsafeUnwrapErr();
      expect(wrong.code).toBe('host_auth_failed');
      expect(JSON.stringify(wrong)).not.toContain('planted');
      expect((await run(sshOf({ privateKeyFile: join(directory, 'none') }), 'echo x'))._unsafeUnwrapErr()).toMatchObject({ code: 'ssh_key_invalid', path: join(directory, 'none') });
      writeFileSync(join(directory, 'text'), 'not a key');
      expect((await run(sshOf({ privateKeyFile: join(directory, 'text') }), 'echo x'))._unsafeUnwrapErr().code).toBe('ssh_key_invalid');
      expect((await run(sshOf({ privateKey: userKey.public }), 'echo x'))._unsafeUnwrapErr().message).toContain('public key');
    });
  });

  describe('says why it cannot connect', () => {
    it('when the name does not resolve', async () => {
      expect((await fault({ address: 'no-such-host.invalid' })).code).toBe('host_name_unknown');
    });

    it('when nothing listens', async () => {
      expect(await fault({ port: await freePort() })).toMatchObject({ code: 'host_refused', retryable: true });
    });

    it('when something else than an SSH server answers, or nothing', async () => {
      const silent = createServer((socket) => { socket.on('error', () => undefined); });
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const { port } = silent.address() as { port: number };
      expect(await fault({ port, connectTimeoutMs: 300 })).toMatchObject({ code: 'host_unreachable', retryable: true });
      silent.close();
    });

    it('when it is interrupted while it connects', async () => {
      const controller = new AbortController();
      const silent = createServer(() => { controller.abort(); });
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const { port } = silent.address() as { port: number };
      expect((await run(shellFor({ port }), 'echo x', { signal: controller.signal }))._unsafeUnwrapErr().code).toBe('interrupted');
      silent.close();
    });
  });

  it('keeps no part of a script or key in what it reports', async () => {
    const error = await fault({ privateKey: `${userKey.private.slice(0, 120)}broken` });
    expect(error.code).toBe('ssh_key_invalid');
    expect(JSON.stringify(error)).not.toContain(userKey.private.split('\n')[1]?.slice(0, 30));
    expect(readFileSync(knownHosts, 'utf8')).toContain('ssh-ed25519');
  });
});
