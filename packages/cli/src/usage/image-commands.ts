/**
 * The commands about images, which need no configuration.
 * @module
 */
import { Option, type Command } from 'commander';
import type { CopyFlags } from '../commands/copy.js';
import type { ValidateFlags } from '../commands/validate.js';
import { collected, filled, makeCommand, wholeNumber, type CommonFlags, type Run } from './command.js';

export function imageCommands(run: Run): readonly Command[] {
  return [copy, validate].map((make) => make(run));
}

const copy = (run: Run): Command =>
  makeCommand('copy')
    .argument('<src>', 'the image, by tag or digest')
    .argument('<dst>', 'the repository it goes to; a tag in it is put when the image is there')
    .option('--dry-run', 'say what would be copied, and copy nothing')
    .option('--no-referrers', 'leave signatures and attestations behind')
    .option('--parallel <number>', 'blobs at the same time (default: 4)', wholeNumber(1))
    .option('--plain-http', 'speak to both registries without TLS (those on a loopback address are by default)')
    .option('--source-plain-http', 'speak to the registry of <src> without TLS')
    .option('--target-plain-http', 'speak to the registry of <dst> without TLS')
    .action((source: string, target: string, flags: Omit<CopyFlags, 'source' | 'target'> & CommonFlags) => run(flags, async (context) => (await import('../commands/copy.js')).copy(context, { ...flags, source, target })));

const validate = (run: Run): Command =>
  makeCommand('validate')
    .argument('<ref>', 'the image, by tag or digest')
    .addOption(new Option('--level <level>', 'manifest: manifests and configurations; head: also the size of every layer').choices(['manifest', 'head']).default('head'))
    .option('--max-size <size>', 'the largest size of a platform, such as 500MB or 1GiB (default: 1GB)', filled('--max-size'))
    .option('--platform <os/arch>', 'a platform that the image must offer; may be given several times', collected)
    .option('--label <key=value>', 'a label that the image must carry; may be given several times', collected)
    .option('--revision <commit>', 'the tested revision; compared with the label of the image', filled('--revision'))
    .addOption(new Option('--signature <policy>', 'off: do not check signatures; must be said, because there is no verifier here').choices(['off']))
    .option('--all', 'make all checks although one failed')
    .option('--plain-http', 'speak to the registry without TLS (one on a loopback address is by default)')
    .action((reference: string, flags: Omit<ValidateFlags, 'reference'> & CommonFlags) => run(flags, async (context) => (await import('../commands/validate.js')).validate(context, { ...flags, reference })));
