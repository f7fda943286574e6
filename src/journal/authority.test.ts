import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { journalConfig, START_US, series, settled } from '#test/crash/journal-fixture.ts';
import { until } from '#test/until.ts';
import { openJournal } from './journal.ts';

test('a process whose journal another one took over has no authority any more, also when that one is gone', async (t) => {
  const config = journalConfig(t);
  let worker: Worker | undefined;
  let held = false;
  const spawn = (url: URL, options: WorkerOptions): Worker => {
    // While held back, each replacement dies at once, as on a machine that is out of memory.
    worker = held ? new Worker('process.exit(1)', { eval: true }) : new Worker(url, options);
    return worker;
  };
  await using first = await openJournal(config, { spawn });
  assert.equal(first.hasAuthority, true);
  held = true;
  await worker?.terminate();
  await until('the loss is noticed', () => !first.hasAuthority);

  const second = await openJournal(config);
  assert.ok(second.opened.epoch > first.opened.epoch);
  assert.equal(second.hasAuthority, true);
  second.append(series([1]), { source: 'plc', atUs: START_US });
  assert.equal(await settled(second), 'durable');
  await second[Symbol.asyncDispose]();

  held = false;
  await until('the first one is told', () => first.health.fault?.code === 'journal.fenced');
  assert.equal(first.hasAuthority, false);
});
