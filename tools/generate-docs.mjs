/** Writes the pages of docs/ that are generated, from the built packages. `npm run docs` builds first. */
import { writeFileSync } from 'node:fs';
import { errorFamilies } from '@davit/core';
import { statesPage } from '@davit/core/machine';
import { errorsPage } from './errors-page.mjs';

const pages = { 'errors.md': errorsPage(errorFamilies), 'states.md': statesPage() };
for (const [name, text] of Object.entries(pages)) {
  writeFileSync(new URL(`../docs/${name}`, import.meta.url), text);
  console.log(`docs/${name}`);
}
