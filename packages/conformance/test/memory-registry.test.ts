/** The registry in memory, on which promotions are tested, against the contract of those on which they run. */
import { describeRegistry, type DescribeRegistryOptions } from '@davit/conformance';
import { memoryRegistry, type MemoryRegistryOptions } from '@davit/core/testing';

const create = (options: MemoryRegistryOptions = {}): DescribeRegistryOptions['create'] => () => {
  const target = memoryRegistry(options);
  return Promise.resolve({
    target,
    repository: { registry: 'registry.example.com', repository: 'staging/app' },
    otherRepository: { registry: 'registry.example.com', repository: 'prod/app' },
    damage: async (manifest, bytes) => void target.damageManifest(manifest, bytes),
    dispose: () => Promise.resolve(),
  });
};

describeRegistry('memoryRegistry', { damages: true, create: create() });
describeRegistry('memoryRegistry, no mounts, no ranges, small pages', { damages: true, create: create({ mounts: false, ranges: false, tagsPerPage: 1, chunkBytes: 1000 }) });
