#!/usr/bin/env node
/**
 * The davit command. Kept so plain that a Node which is too old can still read it, and say so.
 * @module
 */
import nodeModule from 'node:module';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`davit needs Node 20.19 or later; this is Node ${process.versions.node} (${process.execPath}).\n`);
  process.exitCode = 2;
} else {
  // Node 22.8 and later keep what they compiled.
  (nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.();
  // Something that an adapter left open keeps nobody waiting; what was printed is on its way by then.
  const leave = (): unknown => setTimeout(() => process.exit(), 5000).unref();
  void Promise.all([import('./usage/program.js'), import('./surroundings.js')])
    .then(([{ runProgram }, { processSurroundings }]) => runProgram(processSurroundings()))
    .then((exitCode) => {
      process.exitCode = exitCode;
      leave();
    });
}
