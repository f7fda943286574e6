import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where the published recordings lie; see docs/figures.md. */
const DATA = process.env.HOLDFAST_RECORDINGS ?? join(import.meta.dirname, '../../../shared/data');

/** The folder of one set; undefined where it is not there. */
export function recordings(set: 'skab' | 'nab' | 'tep' | 'cmapss'): string | undefined {
  const folder = join(DATA, set);
  return existsSync(folder) ? folder : undefined;
}
