import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { bootCommand, bootLine, frame, readGroup, readOutput, timedOut } from '../src/boot.js';

function run(input: Buffer, timeoutMs: number | null = 10_000, shell?: string) {
  const [program = '', ...args] = bootCommand(timeoutMs);
  const result = shell === undefined ? spawnSync(program, args, { input }) : spawnSync(shell, ['-c', bootLine(timeoutMs)], { input });
  return { stdout: result.stdout.toString(), stderr: result.stderr.toString(), code: result.status };
}

describe('getting a script into a shell', () => {
  it('gives back what the script printed and its exit code', () => {
    expect(readOutput(run(frame('echo one; echo two; exit 7')).stdout)).toEqual({ rc: 7, stdout: 'one\ntwo\n' });
    expect(readOutput(run(frame('printf unended')).stdout)).toEqual({ rc: 0, stdout: 'unended' });
  });

  it('ends the script at the first command that fails, and at a variable that is not set', () => {
    expect(readOutput(run(frame('echo before; false; echo after')).stdout)).toEqual({ rc: 1, stdout: 'before\n' });
    expect(readOutput(run(frame('echo "$davit_nothing"')).stdout)?.rc).not.toBe(0);
  });

  it('runs nothing of a script that was cut off on its way', () => {
    const whole = frame('echo one\necho two\necho three');
    for (let length = 0; length < whole.byteLength - 1; length += 1) {
      expect(run(whole.subarray(0, length)).stdout).not.toMatch(/^(?:one|two|three)$/m);
    }
  });

  it('leaves the rest of standard input to the script', () => {
    expect(readOutput(run(Buffer.concat([frame('cat'), Buffer.from('data for the script')])).stdout)?.stdout).toBe('data for the script');
  });

  it('counts bytes, not characters', () => {
    expect(readOutput(run(frame("echo 'é漢字'")).stdout)?.stdout).toBe('é漢字\n');
  });

  it('works whatever login shell sees the line first', () => {
    for (const shell of ['sh', 'bash']) expect(readOutput(run(frame('echo here'), 10_000, shell).stdout)).toEqual({ rc: 0, stdout: 'here\n' });
  });

  it('shows nothing of the script in its arguments', () => {
    expect(bootLine(60_000)).toBe(bootLine(60_000));
    expect(bootLine(60_000)).toContain('timeout -k 10 60 sh -c');
    expect(bootLine(null)).not.toContain('timeout');
    expect(bootLine(1_500)).toContain('timeout -k 10 2 ');
  });

  it('ends a script that takes too long, without a sentinel', () => {
    const ended = run(frame('echo begun; sleep 30'), 1_000);
    expect(timedOut(ended.code)).toBe(true);
    expect(readOutput(ended.stdout)).toBeNull();
    expect(readGroup(ended.stdout)).toBeGreaterThan(1);
  });

  it('takes no sentinel from what the script itself prints in the middle', () => {
    expect(readOutput('__PID=3__\n__RC=0__\nand then it broke off')).toBeNull();
    expect(readOutput('')).toBeNull();
  });
});
