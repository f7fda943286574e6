import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AssetView } from '#contract/api.ts';
import { journalDir } from '#edge/data-folder.ts';
import type { Verified } from '#journal/api.ts';
import { openReader } from '#journal/reader.ts';
import { Quality } from '#kernel/quality.ts';
import { until } from '../until.ts';
import { numbersOf, WorkedSite } from './backup-site.ts';
import { Sandbox } from './sandbox.ts';

test('a dead box is replaced: what people said holds, numbers stay, leases have run out, writes go', async () => {
  await using box = new Sandbox();
  await using site = await WorkedSite.start(box);
  const file = box.path('site.backup');
  const made = await box.run('backup', '--data', site.dir, '--out', file);
  assert.equal(made.status, 0, made.stderr);
  const before = await site.edge.status();
  await site.edge.kill();
  const speeds = site.speeds.length;

  const elsewhere = box.path('replacement');
  const restored = await box.run('restore', file, '--data', elsewhere, '--as-replacement');
  assert.equal(restored.status, 0, restored.stderr);
  await using edge = await site.goOn(elsewhere);

  assert.equal((await edge.alarm('high')).state, 'shelved');
  const fan = (await edge.get<AssetView[]>('/api/assets')).find(({ asset }) => asset === 'b/fan');
  assert.equal(fan?.tagOut?.why, 'the belt is off');
  await until('the safe value is written', () => site.speeds.slice(speeds).includes('100'));
  const numbers = numbersOf(site.dir);
  assert.deepEqual(numbersOf(elsewhere), numbers);
  const write = { tag: 'a/pump/speed', value: 800, why: 'it goes on', by: 'eva' };
  // Busy while the answer to the safe value is still under way.
  await until('a write goes', async () => {
    const { state, refusal } = await edge.post<{ state: string; refusal?: string }>('/api/writes', write);
    assert.ok(state === 'sent' || refusal === 'busy', `${state}: ${refusal}`);
    return state === 'sent';
  });

  const status = await edge.status();
  assert.ok(status.epoch > before.epoch + 1000, `${status.epoch}`);
  assert.equal(status.restored?.replacement, true);
  const replaced = (await edge.events()).find(({ name }) => name === 'security.box-replaced');
  assert.equal(replaced?.detail?.oldEpoch, before.epoch);
  assert.equal(replaced?.detail?.newEpoch, status.epoch);
  const looked = await box.run('restore', '--checked', '--data', elsewhere);
  assert.equal(looked.status, 0, looked.stderr);
  assert.equal((await edge.status()).restored, undefined);

  await edge.stop();
  const verified = await box.json<Verified>('audit', 'verify', '--data', elsewhere);
  assert.equal(verified.broken, undefined);
  using reader = openReader(journalDir(elsewhere));
  const reasons = reader.gaps(100).map(({ reason, source }) => (source === undefined ? reason : ''));
  assert.ok(reasons.includes('site-down'), 'from the backup until now');
  assert.ok(reasons.includes('not-in-backup'), 'samples that were left out');
});

test('samples go along where they are asked for, all that were on the disk at one moment', async () => {
  await using box = new Sandbox();
  await using site = await WorkedSite.start(box);
  const file = box.path('site.backup');
  const made = await box.run('backup', '--data', site.dir, '--out', file, '--with-samples');
  assert.equal(made.status, 0, made.stderr);
  await site.edge.stop();
  const elsewhere = box.path('copy');
  const restored = await box.run('restore', file, '--data', elsewhere);
  assert.equal(restored.status, 0, restored.stderr);

  const [all, copied] = [loggedIn(site.dir), loggedIn(elsewhere)];
  assert.ok(copied.length > 100, `${copied.length} rows`);
  assert.deepEqual(copied, all.slice(0, copied.length));
});

/** The load as it was kept. */
function loggedIn(dataDir: string): number[] {
  const number = numbersOf(dataDir)['a/log/n'];
  using reader = openReader(journalDir(dataDir));
  const found: number[] = [];
  for (const item of reader.items(0)) {
    if (item.kind !== 'batch') continue;
    const { batch } = item;
    for (let i = 0; i < batch.rows; i++)
      if (batch.tag[i] === number && batch.quality[i] === Quality.good) found.push(batch.value[i] as number);
  }
  return found;
}
