import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { BacktestReport } from '#contract/backtest.ts';
import type { AlertStatus, DetectorStatus, LearningStatus } from '#contract/client.ts';
import { noise } from '#decide/detectors/fixture.ts';
import { type Mosquitto, startMosquitto } from '#test/interop/mosquitto.ts';
import { until } from '../until.ts';
import { ChangingSite, type Parts } from './changing-site.ts';

/* A line says its product as text: what is right for one is wrong for the next. */

const [LINE, DETECTOR] = ['hall/cheese', 'usual'];
const [TEMPERATURE, PRODUCT] = [`${LINE}/temperature`, `${LINE}/product`];
const FROM = '2026-11-02T08:00:00Z';
const MINUTES = 8 * 60;

const parts = (broker: Mosquitto): Parts => ({
  sources: [`broker: { kind: mqtt, url: '${broker.url}', qos: 1 }`],
  tags: [
    `${TEMPERATURE}: { unit: Cel, source: broker, address: { topic: temperature } }`,
    `${PRODUCT}: { type: text, source: broker, address: { topic: product } }`,
  ],
  detectors: [
    `${DETECTOR}: { kind: season, tags: [${TEMPERATURE}, ${PRODUCT}], everyMs: 100, ` +
      `settings: { hours: 0, context: 1, settle: 5, weight: 0.1 } }`,
  ],
});

/** Gouda at 60 and Edam at 80, an hour each by turns; in the last hour a product that came once. */
function recording(): string {
  const random = noise(5);
  const rows = Array.from({ length: MINUTES * 60 }, (_, s) => {
    const hour = Math.floor(s / 3600);
    const product = hour === 7 ? 'Leiden' : hour % 2 ? 'Edam' : 'Gouda';
    const level = { Gouda: 60, Edam: 80, Leiden: 70 }[product];
    return `${new Date(Date.parse(FROM) + s * 1000).toISOString()},${(level + random()).toFixed(2)},${product}`;
  });
  return `time,temperature,product\n${rows.join('\n')}\n`;
}

/** Speaks every 100 ms; what it measures can be set. */
class Thermometer implements Disposable {
  celsius = 60;
  readonly #topic: ChildProcess;
  readonly #timer: NodeJS.Timeout;

  constructor(port: number) {
    const random = noise(7);
    this.#topic = spawn('mosquitto_pub', ['-h', '127.0.0.1', '-p', String(port), '-t', 'temperature', '-l'], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    this.#timer = setInterval(() => this.#topic.stdin?.write(`${this.celsius + random() / 2}\n`), 100);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#topic.stdin?.end();
  }
}

test('a detector learns by the name of the product, finds what is wrong for it, and rests where it knows none', async () => {
  await using broker = await startMosquitto();
  await using site = new ChangingSite();
  await site.start(parts(broker));
  const run = async (...args: readonly string[]) => await site.box.run(...args, '--data', site.data);
  const past = site.box.path('past.csv');
  writeFileSync(past, recording());
  const imported = await run('import', past, '--under', LINE, '--zone', 'UTC');
  assert.equal(imported.status, 0, imported.stderr);

  const span = ['--from', FROM, '--to', '2026-11-02T16:00:00Z'];
  const shown = await run('learn', DETECTOR, ...span, '--dry-run');
  assert.equal(shown.status, 0, shown.stderr);
  assert.match(shown.stdout, /hall\/cheese\/product +moments +times +learned\n/);
  assert.match(shown.stdout, /"Gouda" +144.000 +4 +yes\n/);
  assert.match(shown.stdout, /"Leiden" +36.000 +1 +no: too seldom\n/);
  assert.match(shown.stdout, /note {2}hall\/cheese\/product was "Leiden" fewer than 3 times/);
  const file = site.box.path('usual.json');
  const learned = await run('learn', DETECTOR, ...span, '--save', file, '--json');
  assert.equal(learned.status, 0, learned.stderr);
  const { report } = JSON.parse(learned.stdout) as LearningStatus;
  assert.deepEqual(
    report?.contexts?.map(({ context, learned }) => [context, learned]),
    [
      ['"Gouda"', 1],
      ['"Edam"', 1],
      ['"Leiden"', 0],
    ],
  );
  assert.match(readFileSync(file, 'utf8'), /"code":"Edam"/);

  using thermometer = new Thermometer(broker.port);
  const product = (name: string) => broker.pub('-q', '1', '-t', 'product', '-m', name);
  const status = async () =>
    (await site.api.get<readonly DetectorStatus[]>('/api/detectors'))[0] ?? assert.fail();
  const standing = () => site.api.get<readonly AlertStatus[]>('/api/alerts');
  const becomes = (state: DetectorStatus['state'], whyRest?: string) =>
    until(`${state} ${whyRest ?? ''}`, async () => {
      const now = await status();
      return now.state === state && now.whyRest === whyRest;
    });

  await becomes('resting', `${PRODUCT} is not known`);
  await product('Gouda');
  await becomes('watching');
  await product('Brie');
  await becomes('resting', `it has not learned ${PRODUCT} "Brie"`);
  assert.equal((await site.api.tag(DETECTOR)).quality, 'badOutOfService');
  assert.match((await run('detectors')).stdout, /usual +season +resting .* it has not learned \S+ "Brie"/);
  assert.match((await run('detectors', DETECTOR)).stdout, /rests now: it has not learned \S+ "Brie"/);
  thermometer.celsius = 80;
  await until('it is warm', async () => Number((await site.api.tag(TEMPERATURE)).value) > 75);
  await product('Edam');
  await becomes('watching');
  assert.deepEqual(await standing(), []);
  await product('Gouda');
  await becomes('found');
  const [found] = await standing();
  assert.match(found?.text ?? '', /temperature is at .* Cel, .* above (59|60)\S* Cel where \S+ is "Gouda"$/);
  await product('Leiden');
  await becomes('resting', `it has not learned ${PRODUCT} "Leiden"`);
  assert.equal((await standing()).length, 1, 'what stood stands');
  await product('Edam');
  await until('its end', async () => (await standing()).length === 0);
  await until('it is durable', async () => (await site.api.status()).journal.pendingRows === 0);
  assert.equal((await site.edge.stop()).status, 0);

  const same = await site.box.json<BacktestReport>('backtest', '--data', site.data);
  assert.deepEqual([same.equal, same.differences], [true, []]);
  assert.equal(same.subjects.find(({ kind }) => kind === 'alert')?.file?.count, 1);
});
