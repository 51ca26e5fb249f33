/**
 * Loaded before the application, in its own process: signs in as the run that was asked for, or leaves.
 *
 * The deployer writes down which run it wants, starts this, and may die at any moment. So this process itself writes its
 * number and start time, and then looks whether its run is still the wanted one: a process that was started by a deployer
 * that is dead by now either finds that it is wanted, or is seen by the next deployer, or ends here.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

const { DAVIT_RUN: run, DAVIT_RUN_IMAGE: image, DAVIT_RUN_FILE: runFile, DAVIT_WANTED_FILE: wantedFile } = process.env;
for (const name of ['DAVIT_RUN', 'DAVIT_RUN_IMAGE', 'DAVIT_RUN_FILE', 'DAVIT_WANTED_FILE']) delete process.env[name];

/** What tells this process from a later one with the same number; process-identity.ts reads it from outside. */
function startOfThisProcess() {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(process.pid)], { encoding: 'utf8' }).trim();
  }
}

function writeWhole(path, value) {
  writeFileSync(`${path}.tmp`, JSON.stringify(value), { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}

const signedIn = { pid: process.pid, start: startOfThisProcess(), image };
writeWhole(runFile, signedIn);
if (JSON.parse(readFileSync(wantedFile, 'utf8')).run !== run) process.exit(0);

// Evidence: after the deployer that started it has ended, nobody else is told with which code a process exited.
process.on('exit', (exitCode) => {
  try {
    writeWhole(runFile, { ...signedIn, exitCode });
  } catch {
    // Its directory may be gone; that must not change how the application ends.
  }
});
