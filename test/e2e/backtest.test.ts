import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { BacktestReport } from '#contract/backtest.ts';
import { historianDir, journalDir } from '#edge/data-folder.ts';
import { blueprintOf, StillClock, watchedSite } from '#edge/replay/fixture.ts';
import { openHistorian } from '#historian/historian.ts';
import { allocBatch } from '#kernel/batch.ts';

const siteText = (limit: number, more = '') => `
site: north
sources: { plc: { kind: modbus, host: 127.0.0.1, port: 1 } }
tags:
  p/a: { source: plc, address: { holding: 0 } }
  p/speed: { source: plc, address: { holding: 5 }, access: readWrite, write: { range: [0, 50] } }
${more}
rules:
  slow: { when: 'tag("p/a") > ${limit}', do: [{ write: { tag: p/speed, value: 12 } }] }
alarms:
  high: { when: 'tag("p/a") > ${limit}', onDelayMs: 2000, priority: high, consequence: c, response: r }
`;

let dir: string;
const START_MS = Date.UTC(2026, 10, 28, 10);

/** Two hours: a saw-tooth of ten minutes, from 0 to 60. */
before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'holdfast-backtest-'));
  const clock = new StillClock(START_MS * 1000);
  const { site } = await watchedSite(await blueprintOf(siteText(50)), join(dir, 'data'), clock);
  await using _site = site;
  for (let second = 0; second < 7200; second += 5) {
    clock.atUs = (START_MS + second * 1000) * 1000;
    const batch = allocBatch(1, { receivedUs: clock.atUs });
    batch.tag[0] = site.core.table.number('p/a');
    batch.timeUs[0] = clock.atUs;
    batch.value[0] = (second % 600) / 10;
    site.core.path.accept('plc', { batch });
    site.core.path.advance();
  }
});

after(() => rmSync(dir, { recursive: true, force: true }));

const data = () => join(dir, 'data');

function file(limit: number, more?: string): string {
  const path = join(dir, `site-${limit}.yaml`);
  writeFileSync(path, siteText(limit, more));
  return path;
}

function backtest(...args: string[]): Promise<{ status: number; out: string; err: string }> {
  const main = fileURLToPath(import.meta.resolve('#cli/main.ts'));
  const all = ['--disable-warning=ExperimentalWarning', main, 'backtest', '--data', data(), ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, all, (error, out, err) =>
      resolve({ status: error ? Number(error.code) : 0, out, err }),
    );
  });
}

test('the files of then find what was recorded: no difference, status 0', async () => {
  const { status, out, err } = await backtest();
  assert.equal(status, 0, err);
  assert.match(out, /no difference/);
  assert.match(out, /alarm high +12 +12 /);
});

test('another limit is shown beside what was, in numbers and in the order of time, status 3', async () => {
  const { status, out } = await backtest(
    file(40, '  p/new: { source: plc, address: { holding: 9 } }'),
    '--json',
  );
  assert.equal(status, 3);
  const report = JSON.parse(out) as BacktestReport;
  assert.deepEqual(report.unknownTags, ['p/new']);
  assert.equal(report.rows, 1440);
  const high = report.subjects.find(({ kind, id }) => kind === 'alarm' && id === 'high');
  assert.deepEqual([high?.file?.count, high?.past?.count], [12, 12]);
  assert.ok((high?.file?.activeUs ?? 0) > 1.8 * (high?.past?.activeUs ?? 0));
  const times = report.differences.map(({ timeUs }) => timeUs);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  assert.ok(report.differences.some(({ in: side, what }) => side === 'file' && what === 'p/speed = 12'));
});

test('what the file derives takes the place of what the past had measured', async () => {
  const path = join(dir, 'derived.yaml');
  const measured = '  p/b: { source: plc, address: { holding: 1 } }\n';
  const derived = '  p/a: { derive: tag("p/b") * 2 }\n';
  writeFileSync(path, siteText(50).replace(/ {2}p\/a: .*\n/, measured + derived));
  const report = JSON.parse((await backtest(path, '--json')).out) as BacktestReport;
  assert.deepEqual(report.unknownTags, ['p/b']);
  assert.ok(report.subjects.every(({ file }) => file === undefined));
});

test('a copy of the file is tried wherever it lies, its drawings left where they were', async () => {
  const path = join(dir, 'copy.yaml');
  writeFileSync(path, `${siteText(50)}pictures: { hall: { title: Hall, bindings: {} } }\n`);
  const { status, out, err } = await backtest(path, '--against', 'current');
  assert.equal(status, 0, err + out);
});

test('a span is held against the file that runs now', async () => {
  const from = ['--from', '2026-11-28T11:00', '--to', '2026-11-28T11:30', '--against', 'current'];
  const { status, out } = await backtest(file(50), ...from);
  assert.equal(status, 0);
  assert.match(out, /2026-11-28 11:00:00 to 2026-11-28 11:30:00 UTC/);
  assert.match(out, /alarm high +3 +3 /);
});

test('a file with errors is told with its places, status 2; a time without samples, status 1', async () => {
  const bad = join(dir, 'bad.yaml');
  writeFileSync(bad, siteText(50).replace('tag("p/a")', 'tag("p/b")'));
  const { status, err } = await backtest(bad);
  assert.equal(status, 2);
  assert.match(err, /bad\.yaml:\d+:\d+/);
  const none = await backtest(file(50), '--from', '2026-11-29');
  assert.equal(none.status, 1);
  assert.match(none.err, /it keeps 2026-11-28T10:00/);
});

test('the historian is replayed where it is asked for, and by itself where the journal begins too late', async () => {
  const forced = await backtest(file(50), '--past', 'history');
  assert.equal(forced.status, 3, 'nothing was recorded there: what is found is a difference');
  assert.match(forced.out, /against nothing.*, the historian of /);
  assert.match(forced.out, /alarm high +12 +0 /);
  assert.match(forced.out, /no row is resampled/);
  const same = await backtest(file(50), '--past', 'history', '--against', 'current');
  assert.equal(same.status, 0, same.err);

  const config = {
    dir: historianDir(data()),
    journalDir: journalDir(data()),
    quotaBytes: 2 ** 26,
    maxAgeUs: 1e15,
  };
  {
    await using historian = await openHistorian(config);
    const fromUs = (START_MS - 3600_000) * 1000;
    const batch = allocBatch(360, { receivedUs: fromUs });
    for (let i = 0; i < 360; i++) {
      batch.timeUs[i] = fromUs + i * 10e6;
      batch.value[i] = i % 60 < 30 ? 10 : 90;
    }
    await historian.importRows({ tags: [{ path: 'p/a', type: 'number', access: 'read' }], batch });
  }
  const span = ['--from', '2026-11-28T09:00Z', '--to', '2026-11-28T10:30Z', '--json'];
  const report = JSON.parse((await backtest(file(50), ...span)).out) as BacktestReport;
  assert.deepEqual([report.past, report.against, report.rows], ['history', 'nothing', 720]);
  const high = report.subjects.find(({ kind, id }) => kind === 'alarm' && id === 'high');
  assert.deepEqual([high?.file?.count, high?.past], [9, undefined]);
  const later = JSON.parse((await backtest(file(50), '--from', '2026-11-28T10:30Z', '--json')).out);
  assert.equal(later.past, 'journal');
  const early = JSON.parse((await backtest(file(50), '--past', 'journal', ...span)).out) as BacktestReport;
  assert.deepEqual([early.past, early.fromUs], ['journal', START_MS * 1000]);
  const nameless = await backtest('--past', 'history');
  assert.equal(nameless.status, 2);
  assert.match(nameless.err, /name the file to try/);
});
