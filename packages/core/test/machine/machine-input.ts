import { digestOf } from '../../src/image/index.js';
import type { MachineInput, MachinePolicy } from '../../src/machine/index.js';

/** What a promotion of one image to one host begins with. */
export function machineInput(changes: Omit<Partial<MachineInput>, 'policy'> & { readonly policy?: Partial<MachinePolicy> } = {}): MachineInput {
  const { policy, ...rest } = changes;
  return {
    flow: 1,
    kind: 'promotion',
    release: [
      {
        name: 'web',
        source: 'staging.example/web',
        requested: 'staging.example/web:2',
        digest: digestOf('web 2'),
        target: 'production.example/web',
        tags: { immutable: ['2'], channel: ['production'] },
        services: ['web'],
      },
    ],
    batches: [['host-1']],
    ...rest,
    policy: { copyMaxAttempts: 3, automaticRollback: true, stopFirst: true, collectAll: false, ...policy },
  };
}
