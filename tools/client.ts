import { writeFile } from 'node:fs/promises';
import { clients } from './client/text.ts';

// Writes the generated clients; a test fails while one is stale.
for (const { file, text } of await clients()) await writeFile(file, text);
