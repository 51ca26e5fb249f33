/**
 * The process deployer against the published contract of deployers.
 * @module
 */
import { describeDeployer } from '@davit/conformance';
import { fixture } from './fixture.js';

describeDeployer('process', {
  create: async () => {
    const { deployer, image, release, dispose } = await fixture();
    const broken = await image('broken', { files: { 'app/server.js': 'throw new Error("no database")' } });
    return {
      deployer: deployer(),
      host: 'local',
      releases: {
        good1: release(await image('1'), await image('worker 1')),
        good2: release(await image('2'), await image('worker 2')),
        // One that is ill, and one that does not even start.
        broken: release(await image('ill'), broken),
      },
      another: () => Promise.resolve(deployer()),
      dispose,
    };
  },
});
