/**
 * `davit inspect`: what a reference names, without a configuration (R97).
 * @module
 */
import { failure, formatPlatform, parseReference, platformMatches, type InspectedPlatform } from '@davit/core/images';
import type { CommandContext } from '../command-context.js';
import { fail } from '../fail.js';
import { interruption } from '../interruption.js';
import { cleaner } from '../output/printable.js';
import { showWaits } from '../story/show-waits.js';
import { inspectionLines } from './inspection-text.js';
import { inspection } from './inspection.js';
import { platformsOf } from './platforms.js';
import { openRegistry, type RegistryFlags } from './registries.js';
import { runAgain } from './run-again.js';

export interface InspectFlags extends RegistryFlags {
  readonly reference: string;
  readonly platform?: readonly string[];
}

export async function inspect(context: CommandContext, { reference: text, platform: wanted = [], ...flags }: InspectFlags): Promise<number> {
  const reference = parseReference(text);
  if (reference.isErr()) return fail(context, reference.error);
  const platforms = platformsOf('--platform', wanted);
  if (platforms.isErr()) return fail(context, platforms.error);
  const { output, surroundings } = context;
  const opened = await openRegistry({ registry: reference.value.registry, flags }, surroundings);
  if (opened.isErr()) return fail(context, opened.error);
  const source = opened.value;
  const clean = cleaner(() => source.secrets());
  const stop = interruption(surroundings, (line) => output.complain(() => [line]), { keeps: false });
  try {
    const chosen = ({ platform }: InspectedPlatform): boolean => platforms.value.length === 0 || platforms.value.some((each) => platformMatches(each, platform));
    const found = await showWaits(context, { what: 'Inspect the image', clean, stop }, (call) => inspection(reference.value, source, chosen, call));
    if (found.isErr()) return fail(context, runAgain(found.error), { clean, beginning: true, signal: stop.received() });
    const shown = clean(found.value);
    if (wanted.length > 0 && shown.platforms.length === 0) return fail(context, failure('manifest_not_found', `${shown.reference} has no image for ${platforms.value.map(formatPlatform).join(' or ')}`, { digest: shown.digest }), { clean, beginning: true });
    output.say(...inspectionLines(shown, usualPlatform(), output.style));
    output.document(shown);
    return 0;
  } finally {
    stop.end();
    await source.close();
  }
}

/** What containers run as on this machine. */
const usualPlatform = (): string => `linux/${{ x64: 'amd64', ia32: '386' }[process.arch as string] ?? process.arch}`;
