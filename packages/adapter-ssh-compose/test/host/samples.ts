/**
 * Containers as the engine would describe them.
 * @module
 */
import type { Container, ContainerState } from '../../src/host/container.js';

export const id = (of: string): string => `sha256:${of.repeat(64).slice(0, 64)}`;

export function container(service: string, more: Partial<Omit<Container, 'state'>> & { readonly state?: Partial<ContainerState> } = {}): Container {
  return {
    id: `${service}-1`,
    name: `shop-${service}-1`,
    image: id('a'),
    reference: `registry.example.com/${service}@${id('1')}`,
    restarts: 0,
    project: 'shop',
    service,
    oneoff: false,
    hash: 'h',
    version: '2.26.1',
    ports: {},
    ...more,
    state: { Status: 'running', ExitCode: 0, OOMKilled: false, StartedAt: '2026-11-22T12:00:00Z', ...more.state },
  };
}
