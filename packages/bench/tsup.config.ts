import { defineConfig } from 'tsup';
import { preset } from '../../tools/tsup-preset.js';

export default defineConfig(preset({ main: 'src/main.ts', link: 'src/link.ts', library: 'src/library.ts', 'blob-run': 'src/blob-run.ts' }, { format: ['esm'] }));
