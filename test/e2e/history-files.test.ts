import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import type { BacktestReport } from '#contract/backtest.ts';
import type { EventView, ImportReport } from '#contract/client.ts';
import { Sandbox } from './sandbox.ts';

/* A plant's past from a file into a site, looked at, and out again into programs written by others. */

const SKAB = process.env.SKAB ?? join(import.meta.dirname, '../../../shared/data/skab/data');
const FILE = join(SKAB, 'valve1/0.csv');
const skip = existsSync(FILE) ? false : `no recordings in ${SKAB}; set SKAB`;

const RIG = 'hall/rig/pump';
/** Names of the recording, and what the site calls them. */
const NAMES = new Map([
  ['Accelerometer1RMS', 'accelerometer1_rms'],
  ['Accelerometer2RMS', 'accelerometer2_rms'],
  ['Current', 'current'],
  ['Pressure', 'pressure'],
  ['Temperature', 'temperature'],
  ['Thermocouple', 'thermocouple'],
  ['Voltage', 'voltage'],
  ['Volume Flow RateRMS', 'flow'],
  ['anomaly', 'anomaly'],
]);
/** The history begins here: what the site itself says, now, is no part of the recording. */
const SPAN = ['--from', '2020-03-09', '--to', '2020-03-10'];

const siteText = (): string => {
  const tags = [...NAMES.values()].map((name) => {
    const type = name === 'anomaly' ? 'type: boolean, ' : '';
    return `  ${RIG}/${name}: { ${type}source: rig, address: { topic: rig/${name} } }`;
  });
  return [
    'site: rig',
    'settings: { api: { port: 0 } }',
    "sources: { rig: { kind: mqtt, url: 'mqtt://127.0.0.1:1' } }",
    'tags:',
    ...tags,
    '',
  ].join('\n');
};

const ARGS = [
  '--under',
  RIG,
  '--map',
  `Volume Flow RateRMS=${RIG}/flow`,
  '--skip',
  'changepoint',
  '--zone',
  'Europe/Moscow',
];

/** The recording as it stands in its file: µs since 1970, and a number for each column. */
function recording(): { readonly timeUs: number; readonly values: ReadonlyMap<string, number> }[] {
  const [head = '', ...lines] = readFileSync(FILE, 'utf8').trim().split('\n');
  const columns = head.split(';');
  return lines.map((line) => {
    const cells = line.split(';');
    const timeUs = Date.parse(`${cells[0]?.replace(' ', 'T')}+03:00`) * 1000;
    const values = columns.flatMap((name, i) => {
      const own = NAMES.get(name);
      return own === undefined ? [] : [[own, Number(cells[i])] as const];
    });
    return { timeUs, values: new Map(values) };
  });
}

test('a recording becomes history, shows its trend, and is read back with equal values by others', {
  skip,
}, async () => {
  await using box = new Sandbox();
  const site = box.path('site.yaml');
  const data = box.path('data');
  writeFileSync(site, siteText());
  await box.startEdge(site, data);
  const want = recording();

  const dry = await box.json<ImportReport>('import', FILE, '--data', data, ...ARGS, '--dry-run');
  assert.deepEqual([dry.rows, dry.samples, dry.unknown, dry.refused], [want.length, 9 * want.length, [], 0]);
  const none = await box.run('export', `${RIG}/*`, '--data', data, ...SPAN);
  assert.equal(none.stdout, 'tag,time,value,quality\n');

  const done = await box.json<ImportReport>('import', FILE, '--data', data, ...ARGS, '--why', 'a trial');
  assert.deepEqual([done.added, done.fromUs], [9 * want.length, want[0]?.timeUs]);
  const again = await box.json<ImportReport>('import', FILE, '--data', data, ...ARGS);
  assert.deepEqual([again.added, again.samples], [0, 9 * want.length]);

  const audit = await box.json<readonly EventView[]>('audit', '--data', data);
  const told = audit.find(({ name, detail }) => name === 'config.import-ended' && detail?.why === 'a trial');
  assert.deepEqual(
    [told?.detail?.file, told?.detail?.digest, told?.detail?.added],
    ['0.csv', done.digest, done.added],
  );

  const zone = { env: { TZ: 'UTC' } };
  const chart = box.start(
    ['history', `${RIG}/pressure`, '--data', data, '--from', '2020-03-09T07:14', '--to', '2020-03-09T07:35'],
    zone,
  );
  assert.match(
    (await chart.ended).stdout,
    /hall\/rig\/pump\/pressure[\s\S]*[⠁-⣿]{5}[\s\S]*min -0\.60 {2}max 0\.71/,
  );

  await backtestOn(box, data, want);

  for (const form of ['wide', 'long'] as const)
    for (const format of ['parquet', 'csv'] as const) {
      const out = box.path(`${form}.${format}`);
      const { status, stderr } = await box.run(
        'export',
        `${RIG}/*`,
        '--data',
        data,
        ...SPAN,
        '--form',
        form,
        '-o',
        out,
      );
      assert.equal(status, 0, stderr);
      const read = format === 'csv' ? readByPython(out) : await readByDuckDb(out);
      assert.deepEqual(form === 'wide' ? ofWide(read) : ofLong(read), want, `${form}.${format}`);
    }
});

/** Flow below which the try-out alarm is raised, l/min: a valve of the rig closes and opens again. */
const LOW_FLOW = 31.5;

/** An alarm that nobody has yet, tried on the recording, is raised just as often as the flow falls below its limit. */
async function backtestOn(box: Sandbox, data: string, past: ReturnType<typeof recording>): Promise<void> {
  const flows = past.map(({ values }) => values.get('flow') ?? Number.NaN);
  const falls = flows.filter((flow, i) => flow < LOW_FLOW && !((flows[i - 1] ?? LOW_FLOW) < LOW_FLOW)).length;
  const file = box.path('try.yaml');
  const alarm = `{ when: 'tag("${RIG}/flow") < ${LOW_FLOW}', priority: low, consequence: none, response: none }`;
  writeFileSync(file, `${siteText()}alarms:\n  flow-low: ${alarm}\n`);
  const run = await box.run('backtest', file, '--data', data, ...SPAN, '--json');
  assert.equal(run.status, 3, run.stderr);
  const report = JSON.parse(run.stdout) as BacktestReport;
  assert.deepEqual([report.past, report.against], ['history', 'nothing']);
  const found = report.subjects.find(({ kind, id }) => kind === 'alarm' && id === 'flow-low');
  assert.ok(falls > 10, `${falls} times below`);
  assert.equal(found?.file?.count, falls);
}

test('the same works on the data folder of a site that does not run', { skip }, async () => {
  await using box = new Sandbox();
  const site = box.path('site.yaml');
  const data = box.path('data');
  writeFileSync(site, siteText());
  const done = await box.json<ImportReport>('import', FILE, '--site', site, '--data', data, ...ARGS);
  const out = box.path('all.parquet');
  assert.equal((await box.run('export', `${RIG}/*`, '--data', data, '--form', 'wide', '-o', out)).status, 0);
  assert.deepEqual(ofWide(await readByDuckDb(out)), recording());

  // What was exported is the same history: another site takes it, and this one knows it already.
  const other = box.path('other');
  const moved = await box.json<ImportReport>('import', out, '--site', site, '--data', other);
  assert.deepEqual([moved.format, moved.added], ['parquet', done.added]);
  const known = await box.json<ImportReport>('import', out, '--site', site, '--data', data);
  assert.equal(known.added, 0);
});

test('what stands for no tag is refused with what to write, and rows that make no sense are told', async () => {
  await using box = new Sandbox();
  const site = box.path('site.yaml');
  const data = box.path('data');
  writeFileSync(site, siteText());
  await box.startEdge(site, data);
  const file = box.path('past.csv');
  writeFileSync(file, 'time;Pressure;Torque\n2024-01-01T00:00:00Z;1;2\n2024-01-01T00:00:01Z;high;2\n');
  const refused = await box.run('import', file, '--data', data, '--under', RIG);
  assert.equal(refused.status, 2);
  assert.match(
    refused.stderr,
    /exchange\.unknown-tags[\s\S]*hall\/rig\/pump\/torque: \{ description: "Torque", type: number,/,
  );
  const done = await box.run('import', file, '--data', data, '--under', RIG, '--skip-unknown');
  assert.match(done.stdout, /line 3, Pressure: high is no number[\s\S]*1 samples are new in the history/);
});

type Read = readonly { readonly [column: string]: string | number | boolean | null }[];

async function readByDuckDb(file: string): Promise<Read> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const sql = `SELECT epoch_us(time)::DOUBLE AS us, * EXCLUDE (time) FROM '${file}'`;
    return (await connection.runAndReadAll(sql)).getRowObjectsJS() as Read;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const PYTHON = `
import csv, json, sys
from datetime import datetime, timezone
def us(text): return round(datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp() * 1e6)
with open(sys.argv[1], newline='', encoding='utf-8') as file:
    print(json.dumps([{**row, 'us': us(row['time'])} for row in csv.DictReader(file)]))
`;

const readByPython = (file: string): Read =>
  JSON.parse(execFileSync('python3', ['-c', PYTHON, file], { encoding: 'utf8', maxBuffer: 2 ** 28 }));

/** Numbers, also of what CSV writes as text and of truth values. */
const numeric = (value: unknown): number =>
  value === true || value === 'true' ? 1 : value === false || value === 'false' ? 0 : Number(value);

const ofWide = (rows: Read) =>
  rows.map((row) => ({
    timeUs: Number(row.us),
    values: new Map([...NAMES.values()].map((name) => [name, numeric(row[`${RIG}/${name}`])])),
  }));

function ofLong(rows: Read) {
  const byTime = new Map<number, Map<string, number>>();
  for (const { us, tag, value, boolean } of rows) {
    const values = byTime.get(Number(us)) ?? new Map<string, number>();
    values.set(String(tag).slice(RIG.length + 1), numeric(value === null ? boolean : value));
    byTime.set(Number(us), values);
  }
  const order = [...NAMES.values()];
  return [...byTime]
    .sort(([a], [b]) => a - b)
    .map(([timeUs, values]) => ({
      timeUs,
      values: new Map(order.map((name) => [name, values.get(name) ?? Number.NaN])),
    }));
}
