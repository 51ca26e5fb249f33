/**
 * R51–R53: makes the images of a release present on a host, before anything that runs is touched.
 * @module
 */
import { err, failure, ok, parseReference, type HostCall, type HostChange, type HostFailure, type HostRelease, type PullCredentials, type Result } from '@davit/core';
import { pullScript, type KeepTag, type PullPlan } from '../commands/pull.js';
import { commonFault, faultOf, lastWords, withChange } from '../errors.js';
import { fromLocalName, isLocalName, keepTag } from '../host/keep.js';
import type { Report } from '../report.js';
import { ask, say, type HostContext } from './context.js';
import { survey, viewsOf, type Survey } from './survey.js';

/** A registry that is not there for a moment is asked again; core retries nothing on a host. */
const attempts = 3;

const registryOf = (image: string): string => parseReference(image).map(({ registry }) => registry).unwrapOr('');

/** Docker Hub goes by an address of its own in Docker's configuration. */
const authKey = (registry: string): string => (registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry);

/** Docker's configuration with the logins for these images; null where there are none, and the host's own is used. */
function loginFor(context: HostContext, images: readonly string[], credentials: readonly PullCredentials[]): string | null {
  const needed = new Set(images.map(registryOf));
  const used = credentials.filter(({ registry }) => needed.has(registry === 'index.docker.io' ? 'docker.io' : registry));
  if (used.length === 0) return null;
  const auths = used.map(({ registry, username, password }) => {
    const auth = Buffer.from(`${username}:${password}`).toString('base64');
    context.keepSecret(password);
    context.keepSecret(auth);
    return [authKey(registry === 'index.docker.io' ? 'docker.io' : registry), { auth }] as const;
  });
  return JSON.stringify({ auths: Object.fromEntries(auths) });
}

/** What runs is kept by a name of ours as well: it is what a rollback returns to. */
function keepRunning(context: HostContext, found: Survey, release: HostRelease): readonly KeepTag[] {
  return viewsOf(context, found, release).flatMap((view) => {
    const [container] = view.containers;
    if (view.image === undefined || container === undefined) return [];
    if (isLocalName(view.image)) return [{ tag: view.image, image: container.image }];
    const tag = keepTag(found.config.name, view.service, view.image);
    return tag === undefined ? [] : [{ ...tag, image: container.image }];
  });
}

function pullFault(host: string, report: Report): HostFailure {
  const gone = report.step('gone');
  if (gone !== undefined) return withChange(failure('pull_failed', `${host}: the image ${gone.out} is no longer on the host, and no registry has it`, { host, reference: gone.out, actual: 'not_found' }), false);
  const step = report.steps.find(({ name, rc }) => (name === 'pull' || name === 'pulled') && rc !== 0);
  const text = step?.err ?? report.stderr;
  const common = commonFault(host, text);
  if (common !== undefined && common.code !== 'project_invalid') return withChange(common, false);
  const fault = faultOf(text);
  const cause = ({ auth: 'the registry refuses the login', not_found: 'the registry does not have it', rate_limited: 'the registry asks to wait', network: 'the registry cannot be reached from the host' } as Partial<Record<typeof fault, string>>)[fault] ?? 'Docker says no';
  return withChange(failure('pull_failed', `${host}: cannot pull: ${cause}: ${lastWords(text)}`, { host, actual: fault, retryable: fault === 'network' || fault === 'rate_limited' }), false);
}

export async function pull(context: HostContext, release: HostRelease, credentials: readonly PullCredentials[], call: HostCall): Promise<Result<HostChange, HostFailure>> {
  const { host, settled } = context;
  const found = await survey(context, call);
  if (found.isErr()) return err(withChange(found.error, false));
  const project = found.value.config.name;
  const names = release.services.map(({ image }) => image);
  const images = [...new Set(names.filter((image) => !isLocalName(image)))];
  const plan: PullPlan = {
    images,
    local: names.filter(isLocalName).map(fromLocalName),
    keep: [...keepRunning(context, found.value, release), ...release.services.flatMap(({ service, image }) => keepTag(project, service, image) ?? [])],
    login: loginFor(context, images, credentials),
  };
  const script = pullScript(settled.place, call.claim, plan);
  say(context, call, `pulling ${images.join(', ')}`);
  for (let attempt = 1; ; attempt += 1) {
    const report = await ask(context, script, { call, claim: call.claim, timeoutMs: settled.timeouts.pullMs, what: 'the pull', explains: ['pull', 'pulled', 'gone'] });
    if (report.isErr()) {
      // What was pulled by then is a cache: nothing that runs was touched.
      const { error } = report;
      return err(error.code === 'command_timeout' ? withChange(failure('pull_failed', `${host}: the pull took longer than ${String(settled.timeouts.pullMs / 1000)} s`, { host, actual: 'timeout', retryable: true }), false) : withChange(error, false));
    }
    if (report.value.rc === 0) {
      const pulled = report.value.steps.filter(({ name }) => name === 'pulled').length;
      const tagged = report.value.steps.filter(({ name }) => name === 'tagged').length;
      return ok({ changed: pulled + tagged > 0, facts: { pulled, present: report.value.steps.filter(({ name }) => name === 'present').length } });
    }
    const fault = pullFault(host, report.value);
    if (!fault.retryable || fault.code !== 'pull_failed' || fault.actual === 'rate_limited' || attempt >= attempts) return err(fault);
    await settled.clock.sleep(1_000 * 2 ** (attempt - 1), call.signal);
  }
}
