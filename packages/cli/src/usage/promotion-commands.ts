/**
 * The commands about promotions: their arguments, and which module does them. A module is loaded when its command runs,
 * so that `--help` and `--version` load none.
 * @module
 */
import type { Command } from 'commander';
import type { DecideFlags } from '../commands/decide.js';
import type { HistoryFlags } from '../commands/history.js';
import type { PlanFlags } from '../commands/plan.js';
import type { PromoteFlags } from '../commands/promote.js';
import type { ResumeFlags } from '../commands/resume.js';
import type { RollbackFlags } from '../commands/rollback.js';
import type { StatusFlags } from '../commands/status.js';
import { actorOption, configOption, environmentOption, filled, makeCommand, reasonOption, waitOption, wholeNumber, type CommonFlags, type Run } from './command.js';

type Flags<F, Argument extends keyof F = never> = Omit<F, Argument> & CommonFlags;

const promotionId = 'the promotion, as `davit history` lists it';

export function promotionCommands(run: Run): readonly Command[] {
  return [plan, promote, status, history, approve, reject, resume, cancel, rollback].map((make) => make(run));
}

/** What plan and promote take alike. */
function ofImages(command: Command): Command {
  return command
    .argument('[ref...]', 'image references: `REF` for a release of one image, `NAME=REF` for each image of several (default: those of the configuration)')
    .addOption(environmentOption())
    .option('--version <version>', 'the version that tags are made of (default: the tag of the reference)', filled('--version'))
    .option('--revision <commit>', 'the tested revision; compared with the label of the image', filled('--revision'));
}

const plan = (run: Run): Command =>
  ofImages(makeCommand('plan'))
    .addOption(configOption())
    .action((references: string[], flags: Flags<PlanFlags, 'references'>) => run(flags, async (context) => (await import('../commands/plan.js')).plan(context, { ...flags, references })));

const promote = (run: Run): Command =>
  ofImages(makeCommand('promote'))
    .option('--key <key>', 'the trigger, such as the id of a CI run: asked again, it joins the same promotion', filled('--key'))
    .option('--run <url>', 'where the trigger can be looked at', filled('--run'))
    .addOption(reasonOption())
    .addOption(actorOption())
    .addOption(waitOption())
    .option('--allow-quarantined', 'promote an image although it proved unhealthy here before')
    .addOption(configOption())
    .action((references: string[], flags: Flags<PromoteFlags, 'references'>) => run(flags, async (context) => (await import('../commands/promote.js')).promote(context, { ...flags, references })));

const rollback = (run: Run): Command =>
  makeCommand('rollback')
    .addOption(environmentOption())
    .option('--promotion <id>', 'the promotion whose release is returned to', filled('--promotion'))
    .addOption(reasonOption())
    .addOption(actorOption())
    .addOption(configOption())
    .action((flags: Flags<RollbackFlags>) => run(flags, async (context) => (await import('../commands/rollback.js')).rollback(context, flags)));

const status = (run: Run): Command =>
  makeCommand('status')
    .argument('[id]', promotionId)
    .option('--follow', 'show what happens until it ends or waits for an approval')
    .option('--events', 'list the records of its journal')
    .addOption(configOption())
    .action((id: string | undefined, flags: Flags<StatusFlags, 'id'>) => run(flags, async (context) => (await import('../commands/status.js')).status(context, { ...flags, id })));

const history = (run: Run): Command =>
  makeCommand('history')
    .option('--to <environment>', 'only those to this environment', filled('--to'))
    .option('--limit <number>', 'how many at most', wholeNumber(1), 20)
    .addOption(configOption())
    .action((flags: Flags<HistoryFlags>) => run(flags, async (context) => (await import('../commands/history.js')).history(context, flags)));

function decision(run: Run, verb: 'approve' | 'reject'): Command {
  return makeCommand(verb)
    .argument('<id>', promotionId)
    .option('--plan <hash>', 'the plan that was looked at (its first digits will do); another one is refused', filled('--plan'))
    .option('--comment <text>', 'recorded with the decision')
    .addOption(actorOption())
    .addOption(configOption())
    .action((id: string, flags: Flags<DecideFlags, 'id'>) => run(flags, async (context) => (await import('../commands/decide.js'))[verb](context, { ...flags, id })));
}

const approve = (run: Run): Command => decision(run, 'approve');
const reject = (run: Run): Command => decision(run, 'reject');

const cancel = (run: Run): Command =>
  makeCommand('cancel')
    .argument('<id>', promotionId)
    .addOption(actorOption())
    .addOption(configOption())
    .action((id: string, flags: Flags<Pick<DecideFlags, 'actor'>>) => run(flags, async (context) => (await import('../commands/decide.js')).cancel(context, { ...flags, id })));

const resume = (run: Run): Command =>
  makeCommand('resume')
    .argument('<id>', promotionId)
    .addOption(waitOption())
    .addOption(configOption())
    .action((id: string, flags: Flags<ResumeFlags, 'id'>) => run(flags, async (context) => (await import('../commands/resume.js')).resume(context, { ...flags, id })));
