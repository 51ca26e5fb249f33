import { defineConfig } from 'tsup';
import { preset } from '../../tools/tsup-preset.js';

export default defineConfig(preset({ index: 'src/index.ts', adapter: 'src/adapter.ts', images: 'src/images.ts', 'testing/index': 'src/testing/index.ts', 'machine/index': 'src/machine/index.ts' }));
