/**
 * The commands about images, which need no configuration.
 * @module
 */
import { Option, type Command } from 'commander';
import type { CopyFlags } from '../commands/copy.js';
import type { InspectFlags } from '../commands/inspect.js';
import type { ValidateFlags } from '../commands/validate.js';
import { collected, duration, filled, makeCommand, wholeNumber, type CommonFlags, type Run } from './command.js';
import { flagsOf, registryOptions, sideOptions } from './registry-options.js';

export function imageCommands(run: Run): readonly Command[] {
  return [copy, validate, inspect].map((make) => make(run));
}

const copy = (run: Run): Command => {
  const command = makeCommand('copy')
    .argument('<src>', 'the image, by tag or digest')
    .argument('<dst>', 'the repository it goes to; a tag in it is put when the image is there')
    .option('--platform <os/arch>', 'only this platform of an index, as a new index; may be given several times', collected)
    .option('--tag <tag>', 'another tag to put; may be given several times', collected)
    .addOption(new Option('--if-tag-exists <policy>', 'a tag that exists is refused; refused unless it names this image; or moved, and what it named is told (default: put without a question)').choices(['forbid', 'allow-if-equal', 'allow-move']))
    .option('--no-referrers', 'leave signatures and attestations behind')
    .option('--repair', 'look into what the target says it has, and send again what it lacks')
    .option('--dry-run', 'say what would be copied, mounted and tagged, and change nothing')
    .option('--parallel <number>', 'blobs at the same time (default: 4)', wholeNumber(1))
    .option('--plain-http', 'no TLS to either registry (default: TLS, but not on a loopback address)');
  sideOptions(command, 'src');
  sideOptions(command, 'dst');
  return command.action((source: string, target: string, flags: Omit<CopyFlags, 'source' | 'target' | 'src' | 'dst'> & CommonFlags & { readonly plainHttp?: boolean }) => {
    const both = flags.plainHttp === true ? { plainHttp: true } : {};
    return run(flags, async (context) => (await import('../commands/copy.js')).copy(context, { ...flags, source, target, src: { ...flagsOf('src', { ...flags }), ...both }, dst: { ...flagsOf('dst', { ...flags }), ...both } }));
  });
};

const validate = (run: Run): Command =>
  registryOptions(
    makeCommand('validate')
      .argument('<ref>', 'the image, by tag or digest')
      .addOption(new Option('--level <level>', 'manifest: manifests and configurations; head: also the size of every layer; content: also reads every layer').choices(['manifest', 'head', 'content']).default('head'))
      .option('--max-size <size>', 'the largest size of a platform, such as 500MB or 1GiB (default: 1GB)', filled('--max-size'))
      .option('--platform <os/arch>', 'a platform that the image must offer; may be given several times', collected)
      .option('--label <key=value>', 'a label that the image must carry; may be given several times', collected)
      .option('--annotation <key=value>', 'an annotation that the manifest or the index must carry; may be given several times', collected)
      .option('--max-age <time>', 'how long ago it may have been created: 30d, 12h', duration)
      .option('--refuse-root', 'the image must not run as root')
      .option('--revision <commit>', 'the tested revision; compared with the label of the image', filled('--revision'))
      .option('--revision-label <label>', 'the label that must name the revision (default: org.opencontainers.image.revision, where the image has it)', filled('--revision-label'))
      .addOption(new Option('--signature <policy>', 'off: do not check signatures; must be said, because there is no verifier here').choices(['off']))
      .option('--all', 'make all checks although one failed'),
  ).action((reference: string, flags: Omit<ValidateFlags, 'reference'> & CommonFlags) => run(flags, async (context) => (await import('../commands/validate.js')).validate(context, { ...flags, reference })));

const inspect = (run: Run): Command =>
  registryOptions(
    makeCommand('inspect')
      .argument('<ref>', 'the image or artifact, by tag or digest')
      .option('--platform <os/arch>', 'only this platform of an index; may be given several times', collected),
  ).action((reference: string, flags: Omit<InspectFlags, 'reference'> & CommonFlags) => run(flags, async (context) => (await import('../commands/inspect.js')).inspect(context, { ...flags, reference })));
