import { writeFile } from 'node:fs/promises';
import { CLIENT, clientText } from './client/text.ts';

// Writes the generated client; a test fails while it is stale.
await writeFile(CLIENT, await clientText());
