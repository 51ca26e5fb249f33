/**
 * A project directory of its own, and a shell of this machine on it, for scripts that need no engine.
 * @module
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostClaim } from '@davit/core';
import type { Place } from '../src/commands/prelude.js';
import { localEnvironment, localShell } from '../src/local/exec.js';
import { readReport, type Report } from '../src/report.js';
import type { Shell } from '../src/shell.js';

export interface HostDirectory {
  readonly directory: string;
  readonly place: Place;
  readonly shell: Shell;
  run(script: string, timeoutMs?: number): Promise<Report>;
  /** Puts a program named `docker` before the others: shell text that sees the arguments. */
  fakeDocker(script: string): void;
  dispose(): Promise<void>;
}

export function hostDirectory(more: Partial<Place> = {}): HostDirectory {
  const root = mkdtempSync(join(tmpdir(), 'davit-host-'));
  const directory = join(root, 'project');
  const bin = join(root, 'bin');
  mkdirSync(directory);
  mkdirSync(bin);
  const environment = localEnvironment(process.env);
  const shell = localShell('here', { ...environment, PATH: `${bin}:${environment['PATH'] ?? ''}` });
  return {
    directory,
    place: { directory, state: join(directory, '.davit'), files: null, pinFile: 'compose.promoted.yaml', docker: { command: 'docker' }, ...more },
    shell,
    run: async (script, timeoutMs = 20_000) => {
      const output = await shell.run(script, { signal: new AbortController().signal, timeoutMs });
      if (output.isErr()) throw new Error(JSON.stringify(output.error));
      return readReport(output.value);
    },
    fakeDocker: (script) => {
      writeFileSync(join(bin, 'docker'), `#!/bin/sh\n${script}\n`);
      chmodSync(join(bin, 'docker'), 0o755);
    },
    dispose: async () => {
      await shell.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export const claim = (promotion: string, fence = 1): HostClaim => ({ promotion, environment: 'production', fence });
