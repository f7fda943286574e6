import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkSite } from '#edge/blueprint.ts';
import { historianDir, journalDir } from '#edge/data-folder.ts';
import { HISTORIAN_CURSOR } from '#edge/history.ts';
import { startSite } from '#edge/site.ts';
import { openHistory } from '#historian/history.ts';
import { openReader } from '#journal/reader.ts';
import { allocBatch } from '#kernel/batch.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const START_US = 1_790_000_000_000_000;

const siteText = (historian: object) =>
  JSON.stringify({
    site: 'north',
    settings: { historian },
    sources: { broker: { kind: 'mqtt', url: 'mqtt://127.0.0.1:1' } }, // down all the time
    tags: { 'line/oven/temperature': { source: 'broker', address: { topic: 'oven' } } },
  });

for (const enabled of [true, false]) {
  test(`the past of a site is read while it runs and when it is stopped, historian ${enabled ? 'on' : 'off'}`, async (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'holdfast-history-'));
    t.after(() => rmSync(dataDir, { recursive: true, force: true }));
    const { blueprint } = await checkSite(siteText({ enabled, quotaMb: 64 }));
    assert.ok(blueprint);
    const span = { fromUs: START_US, toUs: START_US + 1e9 };
    const read = async (from: ReturnType<typeof openHistory>) => {
      const values: number[] = [];
      for await (const part of from.raw(['line/oven/temperature'], span)) values.push(...part.value);
      return values;
    };
    {
      await using site = await startSite({ blueprint, dataDir, log: quiet, version: 'test' });
      const batch = allocBatch(100, { receivedUs: START_US + 100e6 });
      for (let i = 0; i < 100; i++) {
        batch.tag[i] = site.core.table.number('line/oven/temperature');
        batch.timeUs[i] = START_US + i * 1e6;
        batch.value[i] = 20 + i;
      }
      site.core.path.accept('broker', { batch });
      await site.durable();
      assert.equal((await read(site.history.reader)).length, 100);
      await site.history.historian?.flush();
      assert.equal(site.status().historian !== undefined, enabled);
      // A hundred, and the one that says that the broker is silent once it has been for long enough.
      const rows = site.status().historian?.rows;
      assert.ok(enabled ? rows === 100 || rows === 101 : rows === undefined, `${rows} rows`);
      assert.equal(site.status().historian?.fault, undefined);
      await site.durable();
    }
    using journal = openReader(journalDir(dataDir));
    assert.equal(journal.cursor(HISTORIAN_CURSOR) > 0, enabled);
    await using alone = openHistory({ dir: historianDir(dataDir), journalDir: journalDir(dataDir) });
    assert.deepEqual(
      await read(alone),
      Array.from({ length: 100 }, (_, i) => 20 + i),
    );
  });
}
