import { cmapss } from './detect/cmapss.ts';
import { costs } from './detect/cost.ts';
import { recordings } from './detect/files.ts';
import { nab } from './detect/nab.ts';
import { skab } from './detect/skab.ts';
import { tep } from './detect/tep.ts';
import { type Row, report } from './table.ts';

/* Detectors on published recordings. Where a set is not there its rows are left out, which is said. */

const SETS = { skab, nab, tep, cmapss } as const;

function bench(quick: boolean): Row[] {
  const judged = Object.entries(SETS).flatMap(([name, judge]) => {
    const folder = recordings(name as keyof typeof SETS);
    if (folder !== undefined) return judge(folder);
    process.stderr.write(`no recordings of ${name}: skipped\n`);
    return [];
  });
  return [...judged, ...costs(quick)];
}

await report(bench);
