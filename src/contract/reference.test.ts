import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { siteReference } from '#contract/reference.ts';

const page = (path: string) => readFile(new URL(`../../docs/${path}`, import.meta.url), 'utf8');

test('docs/reference/site-file.md is what the schemas say', async () => {
  assert.equal(await page('reference/site-file.md'), siteReference(), 'run: node tools/reference.ts');
});
