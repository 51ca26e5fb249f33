/**
 * Runs scripts on a host over one SSH connection, which is opened when it is first needed and again after it was lost.
 * @module
 */
import { err, failure, ok, ResultAsync, type DeployerError, type Result } from '@davit/core';
import type { ClientChannel } from 'ssh2';
import { bootLine, frame, readGroup } from '../boot.js';
import { interrupted } from '../errors.js';
import { letGo, type Held, type Output, type RunOptions, type Shell } from '../shell.js';
import { Collector, heldOutput, resultOf, type Ended } from '../transport.js';
import { connect, type SshClient } from './connect.js';
import { semaphore } from './semaphore.js';
import type { SshTarget } from './target.js';

/** Sessions at once on a connection; the lock's comes on top. */
const maxChannels = 4;
/** How much longer than the host's own limit is waited for its answer. */
const patienceMs = 30_000;
const releasePatienceMs = 10_000;
/** An interrupted call has to answer within a second. */
const groupPatienceMs = 800;

interface Running {
  readonly stream: ClientChannel;
  readonly stdout: Collector;
  readonly stderr: Collector;
  readonly ended: Promise<Ended>;
}

/** Opens a session and starts the command; an Error where no session could be opened, so that nothing has run. */
function open(client: SshClient, line: string): Promise<Running | Error> {
  return new Promise((resolve) => {
    const opened = (fault: Error | undefined, stream: ClientChannel): void => {
      if (fault !== undefined) {
        resolve(fault);
        return;
      }
      const stdout = new Collector();
      const stderr = new Collector();
      stream.on('data', (chunk: Buffer) => { stdout.add(chunk); });
      stream.stderr.on('data', (chunk: Buffer) => { stderr.add(chunk); });
      stream.on('error', () => undefined);
      const ended = new Promise<Ended>((finish) => {
        let code: number | null = null;
        stream.on('exit', (exit: number | null) => { code = exit; });
        // 'close' is the last event, also of a connection that breaks.
        stream.on('close', () => { finish({ code, stdout: stdout.text(), stderr: stderr.text() }); });
      });
      resolve({ stream, stdout, stderr, ended });
    };
    try {
      client.exec(line, opened);
    } catch (thrown) {
      resolve(thrown as Error);
    }
  });
}

export function sshShell(target: SshTarget): Shell {
  const { name: host } = target;
  const places = semaphore(maxChannels);
  const holding = new Set<Held>();
  let connection: Promise<Result<SshClient, DeployerError>> | undefined;

  const connected = (signal: AbortSignal): Promise<Result<SshClient, DeployerError>> => {
    if (connection !== undefined) return connection;
    const opening = connect(target, signal).then((result) => {
      const forget = (): void => {
        if (connection === opening) connection = undefined;
      };
      if (result.isErr()) forget();
      else result.value.once('close', forget);
      return result;
    });
    connection = opening;
    return opening;
  };

  const openSession = async (line: string, signal: AbortSignal): Promise<Result<{ readonly client: SshClient; readonly running: Running }, DeployerError>> => {
    let fault = new Error('no session');
    // Twice: a connection that has died unnoticed shows only here, and nothing has run yet.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const client = await connected(signal);
      if (client.isErr()) return err(client.error);
      const running = await open(client.value, line);
      if (!(running instanceof Error)) return ok({ client: client.value, running });
      fault = running;
      if (/channel open failure/i.test(running.message)) break;
      connection = undefined;
      client.value.destroy();
    }
    return err(failure('host_unreachable', `${host}: no session can be opened: ${fault.message}${/channel open failure/i.test(fault.message) ? '; MaxSessions of its sshd may be too low' : ''}`, { host, retryable: true, cause: fault }));
  };

  /**
   * Ends what a session runs: over a second session, for sshd does not forward signals to every login. Which process group
   * to end is the first line that the script prints; it may be on its way.
   */
  const endGroup = async (client: SshClient, { stream, stdout, ended }: Running): Promise<void> => {
    const told = new Promise<void>((resolve) => {
      const look = (): void => {
        if (readGroup(stdout.text()) !== null) resolve();
      };
      stream.on('data', look);
      look();
    });
    await Promise.race([told, ended, new Promise((resolve) => setTimeout(resolve, groupPatienceMs).unref())]);
    const group = readGroup(stdout.text());
    if (group !== null) void open(client, `kill -TERM -${String(group)}`);
    stream.close();
  };

  const run = async (script: string, { signal, timeoutMs }: RunOptions): Promise<Result<Output, DeployerError>> => {
    if (signal.aborted) return err(interrupted(host));
    const leave = await places.enter();
    try {
      const opened = await openSession(bootLine(timeoutMs), signal);
      if (opened.isErr()) return err(signal.aborted ? interrupted(host) : opened.error);
      const { client, running } = opened.value;
      let stop = (): void => undefined;
      let timer: NodeJS.Timeout | undefined;
      const asked = new Promise<'aborted' | 'silent'>((resolve) => {
        stop = () => {
          void endGroup(client, running).then(() => { resolve('aborted'); });
        };
        signal.addEventListener('abort', stop, { once: true });
        timer = setTimeout(() => {
          running.stream.close();
          resolve('silent');
        }, timeoutMs + patienceMs);
      });
      // Interrupted while the session was opened: without its script the shell ends by itself.
      if (signal.aborted) running.stream.end();
      else running.stream.end(frame(script));
      const ended = await Promise.race([running.ended, asked]);
      signal.removeEventListener('abort', stop);
      clearTimeout(timer);
      if (ended === 'aborted' || signal.aborted) return err(interrupted(host));
      return resultOf(host, ended === 'silent' ? { code: null, stdout: '', stderr: '' } : ended, timeoutMs);
    } finally {
      leave();
    }
  };

  const hold = async (script: string, { signal, timeoutMs }: RunOptions): Promise<Result<Held | Output, DeployerError>> => {
    if (signal.aborted) return err(interrupted(host));
    const opened = await openSession(bootLine(null), signal);
    if (opened.isErr()) return err(signal.aborted ? interrupted(host) : opened.error);
    const { running } = opened.value;
    let alive = true;
    void running.ended.then(() => { alive = false; });
    const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    running.stream.write(frame(script));
    const settled = await new Promise<Output | Ended | null>((resolve) => {
      const look = (): void => {
        const output = heldOutput(running.stdout.text(), running.stderr.text());
        if (output !== null) resolve(output);
      };
      running.stream.on('data', look);
      void running.ended.then(resolve);
      within.addEventListener('abort', () => { resolve(null); }, { once: true });
    });
    if (settled === null || signal.aborted) {
      // The end of its input ends the script, wherever it is.
      running.stream.end();
      return signal.aborted ? err(interrupted(host)) : resultOf(host, { code: 124, stdout: '', stderr: '' }, timeoutMs);
    }
    if ('code' in settled) return resultOf(host, settled, timeoutMs);
    const one: Held = {
      output: settled,
      get alive() {
        return alive;
      },
      release: async () => {
        holding.delete(one);
        if (alive) running.stream.end(`${letGo}\n`);
        // A host that has gone silent frees the lock by itself; nobody waits for it here.
        await Promise.race([running.ended, new Promise((resolve) => setTimeout(resolve, releasePatienceMs).unref())]);
        running.stream.close();
      },
    };
    holding.add(one);
    return ok(one);
  };

  return {
    run: (script, options) => new ResultAsync(run(script, options)),
    hold: (script, options) => new ResultAsync(hold(script, options)),
    close: async () => {
      await Promise.all([...holding].map((one) => one.release()));
      const client = await connection;
      connection = undefined;
      if (client?.isOk() === true) client.value.end();
    },
  };
}
