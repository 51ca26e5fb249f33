import { defineConfig } from 'tsup';
import { preset } from '../../tools/tsup-preset.js';

// Vitest cannot be required, so neither can this.
export default defineConfig(preset({ index: 'src/index.ts', cases: 'src/cases.ts' }, { format: ['esm'] }));
