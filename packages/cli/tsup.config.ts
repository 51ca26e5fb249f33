import { defineConfig } from 'tsup';
import { bundlePreset } from '../../tools/bundle-preset.js';
import { preset } from '../../tools/tsup-preset.js';

// Side by side into one folder, which is empty at the start: neither may clean what the other wrote.
export default defineConfig([
  preset({ index: 'src/index.ts' }, { clean: false }),
  // jiti compiles configurations in TypeScript where there are any.
  { ...bundlePreset({ davit: 'src/davit.ts' }, ['jiti']), clean: false },
]);
