import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { digestOf } from '#edge/config-record.ts';
import { journalDir } from '#edge/data-folder.ts';
import { openJournal } from '#journal/journal.ts';
import { allocBatch } from '#kernel/batch.ts';
import { Quality } from '#kernel/quality.ts';
import { TagTable } from '#kernel/tag-table.ts';
import { identityIn } from '#trust/identity.ts';
import { trustDir } from '#trust/store.ts';

const SITE = `site: small
sources: { broker: { kind: mqtt, url: 'mqtt://127.0.0.1:1' } }
sinks: { cloud: { kind: mqtt, url: 'mqtt://127.0.0.1:1', topic: 'out/{path}' } }
tags: { a/level: { source: broker, address: { topic: level } } }
`;

/** Steady and wall time of what is in the journal. */
export const KEPT_US = 1_700_000_000_000_000;

export function folderOf(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-backup-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/**
 * What a site leaves behind: a site file, samples, a lease, a sink, and an identity where one is asked for.
 * @param batches of a thousand rows each
 */
export async function leftSite(dataDir: string, { batches = 3, identity = true } = {}): Promise<void> {
  const dir = journalDir(dataDir);
  await using journal = await openJournal({ dir, quotaBytes: 256e6, maxAgeUs: 1e15, commitMs: 10 });
  const table = new TagTable([], (tag) => journal.tag(tag));
  const tag = table.declare({ path: 'a/level', type: 'number' } as never);
  const event = { kind: 'config', name: 'config.changed', subject: 'small', timeUs: KEPT_US } as const;
  const digest = digestOf(SITE);
  journal.event({ ...event, detail: { digest, before: null, text: SITE } }, KEPT_US);
  journal.state('config', digest);
  journal.state('guard', {
    leases: [{ path: 'a/level', by: { kind: 'rule', name: 'r' }, untilUs: KEPT_US * 2, attempts: 0 }],
  });
  journal.setCursor('cloud', 1);
  for (let n = 0; n < batches; n++) {
    const batch = allocBatch(1000, { receivedUs: KEPT_US });
    for (let i = 0; i < 1000; i++) {
      batch.tag[i] = tag.number;
      batch.timeUs[i] = KEPT_US + n * 1000 + i;
      batch.value[i] = Math.random();
      batch.quality[i] = Quality.good;
    }
    journal.append(batch, { source: 'broker', atUs: KEPT_US });
    await journal.room();
  }
  await new Promise((settled) => journal.whenSettled(settled));
  const request = { protocol: 'opcua', commonName: 'Holdfast old', uri: 'urn:old:holdfast' };
  if (identity) await identityIn(trustDir(dataDir), request, Date.now());
}
