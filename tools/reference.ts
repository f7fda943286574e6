import { mkdir, writeFile } from 'node:fs/promises';
import { siteReference } from '#contract/reference.ts';
import { loadPlugins } from '#edge/plugins.ts';

// Writes the generated pages of docs/reference/; a test fails while they are stale.
const folder = new URL('../docs/reference/', import.meta.url);
await mkdir(folder, { recursive: true });
await writeFile(new URL('site-file.md', folder), siteReference(await loadPlugins()));
