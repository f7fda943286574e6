import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { blocksIn, Reader } from './guide.ts';

/* The walk of docs/foresight.md over a recording, block by block as it stands there. */

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/foresight.md'), 'utf8');
const SKAB = process.env.SKAB ?? join(import.meta.dirname, '../../../shared/data/skab/data');
const FILE = join(SKAB, 'valve2/0.csv');
const skip = existsSync(FILE) ? false : `no recordings in ${SKAB}; set SKAB`;

test('from a recording to a finding by copy and paste alone, and what it prints is what the page shows', {
  skip,
}, async () => {
  const reader = new Reader();
  await using box = reader.box;
  const heading = 'On a recording, in ten minutes';
  const [site = ''] = blocksIn(PAGE, heading, 'yaml');
  writeFileSync(box.path('site.yaml'), site);
  copyFileSync(FILE, box.path('0.csv'));
  const here = (block: string) => `cd ${box.dir}\n${block}`;
  const [start = '', bring = '', learn = '', tryIt = ''] = blocksIn(PAGE, heading);
  await reader.starts(here(start), /no error[\s\S]*site runs/);
  await reader.says(here(bring), /9 000 samples are new in the history[\s\S]*hall\/pump\/flow {2}\[L\/min\]/);
  const learned = await reader.says(here(learn), /a dry run: nothing was kept[\s\S]*learned as [0-9a-f]{12}/);
  // Figures of the report that the page explains, but for the time and the digest of that run.
  const [report = ''] = blocksIn(PAGE, 'Let it learn', 'text');
  const shown = report.split('\n').filter((line) => line !== '' && !/^…|stood before|learned as/.test(line));
  for (const line of shown) assert.ok(learned.includes(line), line);
  const found = await reader.says(here(tryIt), /2 differences/, { status: 3 });
  const [picture = ''] = blocksIn(PAGE, heading, 'text');
  for (const line of picture.split('\n').filter((one) => one.includes('usual:')))
    assert.ok(found.includes(line), `${line}\n${found}`);
});
