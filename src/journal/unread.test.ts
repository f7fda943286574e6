import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { anEvent, journalConfig, START_US, settled } from '#test/crash/journal-fixture.ts';
import { until } from '#test/until.ts';
import type { JournalConfig } from './api.ts';
import { openJournal } from './journal.ts';

/** A journal that has run, whose database cannot even be opened for reading. @returns what mends that */
async function unreadable(config: JournalConfig): Promise<() => void> {
  {
    await using journal = await openJournal(config);
    journal.state('guard', { tagOuts: ['a/pump'] });
    journal.state('mode', 'live');
    assert.equal(await settled(journal), 'durable');
  }
  const path = join(config.dir, 'journal.db');
  renameSync(path, `${path}-kept`);
  mkdirSync(path);
  return () => {
    rmdirSync(path);
    renameSync(`${path}-kept`, path);
  };
}

function storedIn({ dir }: JournalConfig): unknown {
  using db = new DatabaseSync(join(dir, 'journal.db'), { readOnly: true });
  const rows = db.prepare('SELECT key, value FROM state').all() as { key: string; value: string }[];
  return Object.fromEntries(rows.map(({ key, value }) => [key, JSON.parse(value)]));
}

test('without the state of the last run there is no authority, and what is stored is not overwritten', async (t) => {
  const config = journalConfig(t);
  const mend = await unreadable(config);
  let found = 0;
  const journal = await openJournal(config, { onStateFound: () => found++ });
  assert.equal(journal.hasAuthority, false);
  assert.notEqual(journal.unread, undefined);
  journal.state('guard', { tagOuts: [] });
  journal.event(anEvent('system.started'), START_US);
  mend();
  await until('the state is found', () => found > 0);
  assert.equal(await settled(journal), 'durable');
  assert.equal(journal.hasAuthority, false, 'a new start has to take it up first');
  journal.state('guard', { tagOuts: [], leases: [] });
  await journal[Symbol.asyncDispose]();
  assert.deepEqual(storedIn(config), { guard: { tagOuts: ['a/pump'] }, mode: 'live' });
  await using again = await openJournal(config);
  assert.equal(again.hasAuthority, true);
  assert.deepEqual(again.opened.state.get('guard'), { tagOuts: ['a/pump'] });
});

test('whoever gives the unread state up has authority at once, and what was given meanwhile is stored', async (t) => {
  const config = journalConfig(t);
  const mend = await unreadable(config);
  const journal = await openJournal(config);
  journal.state('guard', { tagOuts: [] });
  journal.giveUpState();
  assert.equal(journal.hasAuthority, true);
  journal.event(anEvent('system.started'), START_US);
  mend();
  await until('it is written', () => journal.health.commits > 0);
  await journal[Symbol.asyncDispose]();
  assert.deepEqual(storedIn(config), { guard: { tagOuts: [] } });
});
