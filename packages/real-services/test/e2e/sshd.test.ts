import { describe, expect, it } from 'vitest';
import { findTools, run, skipWithout, startSshd, type Sshd } from '@davit/real-services';

const ssh = (server: Sshd, command: string, options: readonly string[] = []): Promise<{ code: number | null; stdout: string; stderr: string }> =>
  run(
    findTools().ssh ?? 'ssh',
    [
      ...['-F', '/dev/null', '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes', '-o', `UserKnownHostsFile=${server.knownHostsPath}`, '-o', 'IdentitiesOnly=yes'],
      ...['-i', server.userKeyPath, '-p', String(server.port), '-l', server.user, ...options, server.host, command],
    ],
    { check: false },
  );

describe.skipIf(skipWithout('sshd', 'ssh', 'ssh-keygen'))('an SSH server of our own', () => {
  it('lets its user in, with the environment that was given', async () => {
    const server = await startSshd({ env: { DOCKER_HOST: 'unix:///nowhere', TWO_WORDS: 'a b' } });
    try {
      expect(server.hostKeyFingerprint).toMatch(/^SHA256:/);
      expect(await ssh(server, 'printf "%s|%s" "$DOCKER_HOST" "$TWO_WORDS"')).toMatchObject({ code: 0, stdout: 'unix:///nowhere|a b' });
      expect((await ssh(server, 'exit 18')).code).toBe(18);
    } finally {
      await server.stop();
    }
  });

  it('has another key than the server on the next address', async () => {
    const [one, two] = await Promise.all([startSshd({ address: '127.0.0.2' }), startSshd({ address: '127.0.0.3' })]);
    try {
      expect(one.hostKeyFingerprint).not.toBe(two.hostKeyFingerprint);
      expect((await ssh(two, 'true')).code).toBe(0);
      const wrong = await ssh({ ...two, knownHostsPath: one.knownHostsPath }, 'true');
      expect(wrong.code).toBe(255);
    } finally {
      await Promise.all([one.stop(), two.stop()]);
    }
  });

  it('drops open connections when asked, and ends them when it stops', async () => {
    const server = await startSshd();
    const first = ssh(server, 'echo in; sleep 600');
    await expect.poll(async () => (await run('bash', ['-c', `cat /proc/${String(server.pid)}/task/${String(server.pid)}/children`])).stdout).not.toBe('');
    await server.dropConnections();
    expect((await first).code).toBe(255);
    expect((await ssh(server, 'true')).code).toBe(0);

    const second = ssh(server, 'sleep 600');
    await expect.poll(async () => (await run('bash', ['-c', `cat /proc/${String(server.pid)}/task/${String(server.pid)}/children`])).stdout).not.toBe('');
    await server.stop();
    expect((await second).code).toBe(255);
  });
});
