/**
 * This machine as a host: what it can be asked, and what can be done to it.
 * @module
 */
import { access, constants, mkdir, readFile, readlink } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { httpProbe } from '@davit/checks';
import { err, ok, parseReference, systemClock, type Call, type DeployerError, type EndpointProbe, type HostCall, type HostChange, type HostFailure, type HostLock, type HostRelease, type HostState, type JsonObject, type Result, type ServiceImage } from '@davit/core';
import { hostFailure, interrupted, refuse } from './failures.js';
import { HostLocks } from './host-lock.js';
import { imageCommand, type ImageCommand } from './image-command.js';
import { ImageStore } from './image-store.js';
import { HostBooks, rollbackTarget } from './ledger.js';
import type { ServiceOptions, Settings } from './options.js';
import { isFree, isListening } from './port-check.js';
import { ServiceProcess } from './service-process.js';

type Answer<T> = Promise<Result<T, HostFailure>>;

interface Service {
  readonly name: string;
  readonly options: ServiceOptions;
  readonly process: ServiceProcess;
  readonly health: EndpointProbe;
}

/** How long a started process may take to sign in and to listen, before its health decides. Milliseconds. */
const startTimeoutMs = 10_000;
/** How long the kernel may take to end a process after SIGKILL. Milliseconds. */
const killTimeoutMs = 5000;
const lookMs = 50;

export class ProcessHost {
  readonly #host: string;
  readonly #settings: Settings;
  readonly #services: ReadonlyMap<string, Service>;
  readonly #images: ImageStore;
  readonly #books: HostBooks;
  readonly #locks: HostLocks;

  constructor(settings: Settings) {
    const { directory, host, registry, clock, healthTimeoutMs, healthIntervalMs } = settings;
    this.#host = host;
    this.#settings = settings;
    this.#images = new ImageStore(join(directory, 'images'), registry, clock);
    this.#books = new HostBooks(directory);
    this.#locks = new HostLocks(join(directory, 'lock'), host);
    this.#services = new Map(
      Object.entries(settings.services).map(([name, options]) => {
        const health = httpProbe({ url: `http://127.0.0.1:${String(options.port)}${options.healthPath ?? '/'}`, timeoutMs: 2000, intervalMs: healthIntervalMs, withinMs: healthTimeoutMs, clock });
        return [name, { name, options, health, process: new ServiceProcess(name, join(directory, 'services'), join(directory, 'logs')) }];
      }),
    );
  }

  async preflight(release: HostRelease): Answer<{ readonly warnings: readonly string[] }> {
    const services = this.#known(release.services);
    if (services.isErr()) return err(services.error);
    const wrong = release.services.find(({ image }) => parseReference(image).map(({ digest }) => digest).unwrapOr(undefined) === undefined);
    if (wrong !== undefined) return refuse('project_invalid', `${this.#host}: ${wrong.image} is not named by digest`, { host: this.#host, service: wrong.service, changed: false });
    await mkdir(this.#settings.directory, { recursive: true, mode: 0o700 });
    await access(this.#settings.directory, constants.W_OK);
    for (const service of services.value) {
      const { state } = await service.process.status();
      if (state !== 'running' && (await isListening(service.options.port))) return err(this.#portInUse(service, false));
    }
    const target = await this.#rollbackTarget(release);
    return ok({ warnings: target === undefined ? [`${this.#host} has no release to roll back to`] : [] });
  }

  async current(release: HostRelease): Promise<Result<HostState, DeployerError>> {
    const services = this.#known(release.services);
    if (services.isErr()) return err(services.error);
    const seen = await Promise.all(services.value.map(async ({ name, process }) => ({ service: name, status: await process.status() })));
    const { verified } = await this.#books.ledger();
    const running = new Map((await this.#running()).map(({ service, image }) => [service, image]));
    const drift = (verified?.services ?? []).filter(({ service, image }) => running.get(service) !== image).map(({ service, image }) => `${service} runs ${running.get(service) ?? 'nothing'}, and the ledger says ${image}`);
    const previous = await this.#rollbackTarget(release);
    return ok({
      services: seen.map(({ service, status }) => ({ service, state: status.state, ...(status.state === 'absent' ? {} : { image: status.image }) })),
      ...(previous === undefined ? {} : { previous }),
      ...(verified === null ? {} : { verified }),
      drift,
    });
  }

  async lock({ claim }: HostCall): Answer<HostLock> {
    return this.#locks.take(claim);
  }

  async pull(release: HostRelease, call: HostCall): Answer<HostChange> {
    const checked = await this.#mayChange(release.services, call);
    if (checked.isErr()) return err(checked.error);
    const pulled: string[] = [];
    for (const { image } of release.services) {
      if (await this.#images.has(image)) continue;
      call.progress?.({ type: 'host', host: this.#host, what: `pulling ${image}` });
      const result = await this.#images.pull(image, call, () => this.#locks.check(call.claim, false));
      if (result.isErr()) return err({ ...result.error, host: this.#host, changed: false });
      pulled.push(image);
    }
    return ok({ changed: pulled.length > 0, facts: { pulled } });
  }

  async pin(release: HostRelease, call: HostCall): Answer<HostChange> {
    const checked = await this.#mayChange(release.services, call);
    if (checked.isErr()) return err(checked.error);
    // Whatever keeps an image from being run is found before anything is changed.
    for (const { service, image } of release.services) {
      const command = await this.#command(service, image);
      if ('fault' in command) return refuse('pin_failed', `${this.#host}: ${service} cannot run ${image}: ${command.fault}`, { host: this.#host, service, changed: false });
    }
    return ok({ changed: await this.#books.setPin(release) });
  }

  async restart(release: HostRelease, call: HostCall): Answer<HostChange> {
    const checked = await this.#mayChange(release.services, call);
    if (checked.isErr()) return err(checked.error);
    let changed = false;
    const facts: Record<string, JsonObject> = {};
    for (const [at, service] of checked.value.entries()) {
      const image = release.services[at]?.image ?? '';
      const before = await service.process.status();
      if (before.state !== 'running' || before.image !== image || !before.isWanted) {
        const replaced = await this.#replace(service, image, call, changed);
        if (replaced.isErr()) return err(replaced.error);
        changed = true;
      }
      const after = await service.process.status();
      facts[service.name] = { image, port: service.options.port, ...(after.state === 'running' ? { pid: after.process.pid, start: after.process.start } : {}) };
    }
    return ok({ changed, facts: { services: facts } });
  }

  async health(release: HostRelease, call: Call): Answer<HostChange> {
    const services = this.#known(release.services);
    if (services.isErr()) return err(services.error);
    const facts: Record<string, string> = {};
    for (const service of services.value) {
      call.progress?.({ type: 'host', host: this.#host, what: `asking ${service.name} for its health` });
      const over = new AbortController();
      const death = this.#death(service, AbortSignal.any([call.signal, over.signal])).then((died) => {
        over.abort();
        return died;
      });
      const probed = await service.health.probe({ promotion: '', host: this.#host, digests: {} }, { signal: AbortSignal.any([call.signal, over.signal]) });
      over.abort();
      const died = await death;
      if (call.signal.aborted) return interrupted(this.#host, false);
      if (died) return err(await this.#failed('service_unhealthy', service, 'its process has ended', false));
      if (probed.isErr()) return err(await this.#failed('service_unhealthy', service, probed.error.message, false));
      facts[service.name] = probed.value.summary;
    }
    return ok({ changed: false, facts });
  }

  async proof(release: HostRelease): Answer<HostChange> {
    const services = this.#known(release.services);
    if (services.isErr()) return err(services.error);
    const facts: Record<string, JsonObject> = {};
    for (const { service, image } of release.services) {
      const status = await this.#services.get(service)?.process.status();
      if (status?.state !== 'running' || status.image !== image || !status.isWanted) {
        const runs = status === undefined || status.state === 'absent' ? 'nothing' : status.image;
        return refuse('digest_not_running', `${this.#host}: ${service} runs ${runs}, not ${image}`, { host: this.#host, service, expected: image, actual: runs, changed: false });
      }
      // Where the system says in which directory a process works, that must be in the files of this very digest.
      const workingDirectory = await readlink(`/proc/${String(status.process.pid)}/cwd`).catch(() => undefined);
      const root = this.#images.root(image);
      if (workingDirectory !== undefined && !`${workingDirectory}${sep}`.startsWith(`${root}${sep}`)) {
        return refuse('digest_not_running', `${this.#host}: the process of ${service} does not work in the files of ${image}`, { host: this.#host, service, expected: root, actual: workingDirectory, changed: false });
      }
      facts[service] = { image, pid: status.process.pid, start: status.process.start };
    }
    return ok({ changed: false, facts });
  }

  async stop(names: readonly string[], kill: 'SIGTERM' | 'SIGKILL', call: HostCall): Answer<{ readonly survivors: readonly string[] }> {
    const checked = await this.#mayChange(names.map((service) => ({ service })), call);
    if (checked.isErr()) return err(checked.error);
    const graceMs = kill === 'SIGTERM' ? this.#settings.stopGraceMs : killTimeoutMs;
    const ended = await Promise.all(checked.value.map(async ({ name, process }) => ({ name, stopped: await process.stop(kill, graceMs) })));
    return ok({ survivors: ended.filter(({ stopped }) => !stopped).map(({ name }) => name) });
  }

  async commit(release: HostRelease, call: HostCall): Answer<HostChange> {
    const checked = await this.#mayChange(release.services, call);
    if (checked.isErr()) return err(checked.error);
    const changed = await this.#books.commit(release, call.claim.promotion);
    const { verified, previous } = await this.#books.ledger();
    const kept = [...(verified?.services ?? []), ...(previous?.services ?? []), ...(await this.#running())].map(({ image }) => image);
    await this.#images.prune([...kept, ...Object.values(await this.#books.pin())]);
    return ok({ changed });
  }

  /** Ends what runs of a service, and starts the pinned image. */
  async #replace(service: Service, image: string, call: HostCall, changedBefore: boolean): Answer<void> {
    const { name, process, options } = service;
    const fault = (code: DeployerError['code'], why: string, changed: boolean): Promise<HostFailure> => this.#failed(code, service, why, changed);
    const pinned = (await this.#books.pin())[name];
    if (pinned !== image) return err(await fault('start_failed', `it is pinned to ${pinned ?? 'nothing'}, not to ${image}`, changedBefore));
    const command = await this.#command(name, image);
    if ('fault' in command) return err(await fault('start_failed', command.fault, changedBefore));
    const mayStop = await this.#locks.check(call.claim, changedBefore);
    if (mayStop.isErr()) return err(mayStop.error);
    if (call.signal.aborted) return interrupted(this.#host, changedBefore);
    call.progress?.({ type: 'host', host: this.#host, what: `starting ${name} with ${image}` });
    // Also where nothing seems to run: a process that an earlier driver started may sign in at any moment.
    if (!(await process.stop('SIGTERM', this.#settings.stopGraceMs)) && !(await process.stop('SIGKILL', killTimeoutMs))) return err(await fault('stop_failed', 'its process does not end', true));
    if (!(await isFree(options.port))) return err(this.#portInUse(service, true));
    const mayStart = await this.#locks.check(call.claim, true);
    if (mayStart.isErr()) return err(mayStart.error);
    const env = { ...options.env, PORT: String(options.port), DAVIT_SERVICE: name, DAVIT_IMAGE: image };
    const refused = await process.start(image, this.#images.root(image), command, env);
    if (refused !== undefined) return err(await fault('start_failed', refused, true));
    return this.#listens(service, call);
  }

  /** Waits until a started process listens. One that lives and does not is left to its health. */
  async #listens(service: Service, { signal }: HostCall): Answer<void> {
    const deadline = Date.now() + startTimeoutMs;
    for (;;) {
      const listening = await isListening(service.options.port);
      const status = await service.process.startStatus();
      if (signal.aborted) return interrupted(this.#host, true);
      if (status.state === 'ended') {
        const failed = await this.#failed('start_failed', service, status.exitCode === undefined ? 'its process has ended' : `its process has ended with exit code ${String(status.exitCode)}`, true);
        if (failed.evidence?.includes('EADDRINUSE') === true) return err(this.#portInUse(service, true));
        return err({ ...failed, ...(status.exitCode === undefined ? {} : { exitCode: status.exitCode }) });
      }
      if (status.state === 'running' && listening) return ok(undefined);
      if (Date.now() >= deadline) return status.state === 'running' ? ok(undefined) : err(await this.#failed('start_failed', service, 'its process did not sign in', true));
      await systemClock.sleep(lookMs, signal);
    }
  }

  /** True when the process that was started last ends, false at the signal. */
  async #death({ process }: Service, signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      const status = await process.status();
      if (status.state !== 'running' || !status.isWanted) return true;
      await systemClock.sleep(lookMs, signal);
    }
    return false;
  }

  async #failed(code: DeployerError['code'], { name, process }: Service, why: string, changed: boolean): Promise<HostFailure> {
    const evidence = await process.evidence();
    return hostFailure(code, `${this.#host}: ${name}: ${why}; its log is ${process.log}`, { host: this.#host, service: name, changed, ...(evidence === '' ? {} : { evidence }) });
  }

  #portInUse({ name, options: { port } }: Service, changed: boolean): HostFailure {
    return hostFailure('port_in_use', `${this.#host}: port ${String(port)} of ${name} is held by another process`, { host: this.#host, service: name, port, changed });
  }

  async #command(service: string, image: string): Promise<ImageCommand | { readonly fault: string }> {
    if (!(await this.#images.has(image))) return { fault: `${image} is not on the host` };
    return imageCommand(await readFile(this.#images.config(image)), this.#services.get(service)?.options.entry ?? 'server.js');
  }

  async #running(): Promise<readonly ServiceImage[]> {
    const all = await Promise.all([...this.#services.values()].map(async ({ name, process }) => ({ name, status: await process.status() })));
    return all.flatMap(({ name, status }) => (status.state === 'running' ? [{ service: name, image: status.image }] : []));
  }

  async #rollbackTarget(release: HostRelease): Promise<HostRelease | undefined> {
    const asked = new Set(release.services.map(({ service }) => service));
    const running = (await this.#running()).filter(({ service }) => asked.has(service));
    return rollbackTarget(await this.#books.ledger(), { services: running }, release);
  }

  #known(services: readonly { readonly service: string }[]): Result<readonly Service[], HostFailure> {
    const known: Service[] = [];
    for (const { service } of services) {
      const found = this.#services.get(service);
      if (found === undefined) return refuse('service_unknown', `${this.#host} has no service ${service}; it has ${[...this.#services.keys()].join(', ')}`, { host: this.#host, service, services: [...this.#services.keys()], changed: false });
      known.push(found);
    }
    return ok(known);
  }

  /** Every change begins here: the services are known, and the caller holds the lock. */
  async #mayChange(services: readonly { readonly service: string }[], { claim }: HostCall): Answer<readonly Service[]> {
    const known = this.#known(services);
    if (known.isErr()) return known;
    return (await this.#locks.check(claim, false)).map(() => known.value);
  }
}
