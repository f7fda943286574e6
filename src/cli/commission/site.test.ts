import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { writeSite } from '#cli/commission/site.ts';

const SOMEBODY = 65_534;

function fileOf(t: TestContext, text: string): { readonly file: string; readonly link: string } {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-write-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, 'site.yaml');
  const link = join(dir, 'link.yaml');
  writeFileSync(file, text);
  symlinkSync('site.yaml', link);
  return { file, link };
}

test('a site file that an administrator edits by a command stays readable for the site', async (t) => {
  const { file, link } = fileOf(t, 'before');
  if (process.getuid?.() === 0) chownSync(file, SOMEBODY, SOMEBODY);
  chmodSync(file, 0o640);
  const { uid, gid, mode } = statSync(file);
  await writeSite(link, 'before', 'after');
  const after = statSync(file);
  assert.deepEqual([after.uid, after.gid, after.mode], [uid, gid, mode]);
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.equal(readFileSync(file, 'utf8'), 'after');
});

test('a site file that somebody edited meanwhile is not overwritten', async (t) => {
  const { file } = fileOf(t, 'edited');
  await assert.rejects(writeSite(file, 'before', 'after'), { code: 'site.changed' });
  assert.equal(readFileSync(file, 'utf8'), 'edited');
});
