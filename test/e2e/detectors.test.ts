import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AlarmStatus, AlertStatus, EndedAlert, EventView } from '#contract/api.ts';
import type { BacktestReport } from '#contract/backtest.ts';
import type { DetectorStatus } from '#contract/client.ts';
import { noise, period } from '#decide/detectors/fixture.ts';
import { learnedDigest, learnedText } from '#decide/detectors/learned.ts';
import { learnRelation } from '#decide/detectors/relation.ts';
import { type Mosquitto, startMosquitto } from '#test/interop/mosquitto.ts';
import { until } from '../until.ts';
import { ChangingSite, type Parts } from './changing-site.ts';

const PUMP = 'hall/pump';
const DETECTOR = 'motor';

/** The current of a motor follows the flow of its pump. */
const LEARNED = (() => {
  const next = noise(3);
  const rows = period([`${PUMP}/current`, `${PUMP}/flow`], 600, () => {
    const flow = 20 + next();
    return [2 * flow + next() / 10, flow];
  });
  return learnedText(learnRelation(rows));
})();

const parts = (broker: Mosquitto, more = ''): Parts => ({
  sources: [`broker: { kind: mqtt, url: '${broker.url}', qos: 0 }`],
  tags: [
    `${PUMP}/current: { unit: A, source: broker, address: { topic: current } }`,
    `${PUMP}/flow: { unit: m3/h, source: broker, address: { topic: flow } }`,
  ],
  detectors: [
    `${DETECTOR}: { kind: relation, tags: [${PUMP}/current, ${PUMP}/flow], everyMs: 100, ` +
      `learned: ${learnedDigest(LEARNED)}${more} }`,
  ],
});

/** A pump that speaks every 40 ms; what its motor takes too much can be set. */
class Pump implements Disposable {
  tooMuch = 0;
  readonly #topics: readonly ChildProcess[];
  readonly #timer: NodeJS.Timeout;

  constructor(port: number) {
    const speak = (topic: string) =>
      spawn('mosquitto_pub', ['-h', '127.0.0.1', '-p', String(port), '-t', topic, '-l'], {
        stdio: ['pipe', 'ignore', 'inherit'],
      });
    const [current, flow] = [speak('current'), speak('flow')];
    const next = noise(7);
    this.#topics = [current, flow];
    this.#timer = setInterval(() => {
      // Slowly: both arrive one after the other, and a moment may lie between them.
      const now = 20 + Math.sin(Date.now() / 5000);
      flow.stdin?.write(`${now}\n`);
      current.stdin?.write(`${2 * now + next() / 10 + this.tooMuch}\n`);
    }, 40);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const { stdin } of this.#topics) stdin?.end();
  }
}

const detector = async ({ api }: ChangingSite) =>
  (await api.get<readonly DetectorStatus[]>('/api/detectors')).find(({ id }) => id === DETECTOR);

test('what a detector finds is told, judged and kept, over a kill; a replay finds the same', async () => {
  await using broker = await startMosquitto();
  await using site = new ChangingSite();
  mkdirSync(join(site.data, 'learned'), { recursive: true });
  writeFileSync(join(site.data, 'learned', `${learnedDigest(LEARNED)}.json`), LEARNED);
  const alarm = ', alarm: { priority: low, consequence: It wears., response: Look at the bearing. }';
  await site.start(parts(broker, alarm));
  using pump = new Pump(broker.port);
  const standing = () => site.api.get<readonly AlertStatus[]>('/api/alerts');
  const run = async (...args: readonly string[]) => await site.box.run(...args, '--data', site.data);

  await until('it watches', async () => (await detector(site))?.state === 'watching');
  assert.deepEqual(await standing(), []);
  pump.tooMuch = 3;
  await until('it finds', async () => (await standing()).length === 1);
  const [first] = await standing();
  assert.deepEqual(
    [first?.rule, first?.detector?.kind, first?.detector?.reasons[0]?.tag],
    [DETECTOR, 'relation', `${PUMP}/current`],
  );
  assert.match(first?.text ?? '', /hall\/pump\/current is [\d.]+ .*more than hall\/pump\/flow makes expect/);
  const alarms = async () => await site.api.get<readonly AlarmStatus[]>('/api/alarms');
  assert.deepEqual(
    (await alarms()).map(({ id, state }) => [id, state]),
    [[DETECTOR, 'unacknowledged']],
  );
  const figure = await site.api.tag(DETECTOR);
  assert.ok(Number(figure.value) > 1 && figure.quality === 'good', JSON.stringify(figure));

  const shown = (await run('detectors')).stdout;
  assert.match(shown, /motor +relation +found +\d+\.\d\d +1 /);
  assert.match((await run('detectors', DETECTOR)).stdout, /looks at hall\/pump\/current, hall\/pump\/flow/);
  const judged = await run('judge', DETECTOR, 'false', '--why', 'it was only being cleaned');
  assert.match(judged.stdout, /1 findings since .*: 0 true, 1 false, 0 known, 0 not judged; 1 false a week/);
  assert.match((await run('alerts')).stdout, /motor .*\(false\)/);
  const wrong = await run('judge', 'moter', 'true');
  assert.equal(wrong.status, 1);
  assert.match(wrong.stderr, /there is no detector moter.*did you mean motor/s);

  await until('it is durable', async () => (await site.api.status()).journal.pendingRows === 0);
  assert.equal((await site.edge.stop('SIGKILL')).status, null);
  const left = await site.box.json<readonly AlertStatus[]>('alerts', '--data', site.data);
  assert.deepEqual(
    left.map(({ rule, text }) => [rule, text]),
    [[DETECTOR, first?.text]],
  );

  await site.start(parts(broker, alarm));
  await until('it looks again', async () => (await detector(site))?.state === 'found');
  const [again] = await standing();
  assert.deepEqual([again?.text, again?.sinceUs, again?.verdict], [first?.text, first?.sinceUs, 'false']);
  pump.tooMuch = 0;
  await until('its end', async () => (await standing()).length === 0);
  const [over] = await site.api.get<readonly EndedAlert[]>('/api/alerts/ended');
  assert.deepEqual([over?.rule, over?.cause, over?.verdict], [DETECTOR, 'condition', 'false']);
  const events = await site.api.get<readonly EventView[]>('/api/events?kind=alert');
  assert.deepEqual(
    events.map(({ name }) => name),
    ['alert.began', 'alert.judged', 'alert.ended'],
  );
  const { figures } = (await detector(site)) ?? assert.fail();
  assert.deepEqual([figures.findings, figures.false, figures.open], [1, 1, 0]);

  await site.change(parts(broker, ', shadow: true'));
  pump.tooMuch = 3;
  await until('the shadow finds', async () => (await detector(site))?.state === 'found');
  assert.deepEqual(await standing(), []);
  assert.equal((await site.edge.stop()).status, 0);

  const same = await site.box.json<BacktestReport>('backtest', '--data', site.data);
  assert.deepEqual([same.equal, same.differences], [true, []]);
  const found = (report: BacktestReport) =>
    report.subjects.find(({ kind, id }) => kind === 'alert' && id === DETECTOR)?.file?.count;
  assert.equal(found(same), 2);
  writeFileSync(site.file, site.text().replace('shadow: true', 'settings: { limit: 500 }'));
  const tried = await run('backtest', site.file, '--json');
  assert.equal(tried.status, 3, 'it differs');
  const blind = JSON.parse(tried.stdout) as BacktestReport;
  assert.equal(found(blind), undefined, 'another limit finds nothing');
  assert.equal(blind.equal, false);
});
