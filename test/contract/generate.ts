/** `npm run generate`: writes the committed contracts. Review the difference of `openapi/`. */
import { writeFile } from 'node:fs/promises';
import { renderContracts } from './contracts.ts';

const { files } = await renderContracts();
for (const [path, content] of Object.entries(files)) {
  await writeFile(new URL(`../../${path}`, import.meta.url), content);
  console.log(`wrote ${path}`);
}
process.exit(0);
