import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../until.ts';
import { Api, Sandbox } from './sandbox.ts';

interface Summary {
  readonly sources: { readonly [id: string]: { readonly kind: string; readonly samples: number } };
  readonly decisions: number;
  readonly decisionP99Ms: number;
  readonly writes: number;
  readonly journaled: number;
  readonly gaps: number;
}

test('a demo for some seconds ends by itself with one line of JSON and leaves nothing behind', async () => {
  await using box = new Sandbox();
  const { status, stdout, stderr } = await box.run('demo', '--for', '20s', '--json');
  assert.deepEqual([status, stderr], [0, '']);
  assert.match(stdout, /^[^\n]+\n$/, 'one line');
  const summary = JSON.parse(stdout) as Summary;
  assert.deepEqual(Object.keys(summary).sort(), [
    'decisionP99Ms',
    'decisions',
    'gaps',
    'journaled',
    'sources',
    'writes',
  ]);
  const kinds = Object.entries(summary.sources).map(([id, { kind }]) => [id, kind]);
  assert.deepEqual(kinds.sort(), [
    ['bottling', 'modbus'],
    ['packaging', 'sparkplug'],
    ['pumps', 'modbus'],
    ['sensors', 'mqtt'],
    ['utilities', 'opcua'],
  ]);
  for (const [id, { samples }] of Object.entries(summary.sources)) assert.ok(samples > 0, `${id}: no sample`);
  assert.ok(summary.decisions > 0 && summary.journaled > 0, stdout);
  assert.ok(summary.decisionP99Ms > 0 && summary.decisionP99Ms < 1000, stdout);
  assert.ok(Number.isInteger(summary.writes) && summary.writes >= 0, stdout);
  assert.equal(summary.gaps, 0);
  assert.deepEqual(box.processes(), []);
});

for (const signal of ['SIGINT', 'SIGKILL'] as const) {
  test(`a demo that gets ${signal} takes the plant and its devices along`, async () => {
    await using box = new Sandbox();
    const demo = await box.startDemo();
    const api = new Api(box.demoDir);
    await api.allSpeak();
    const family = box.processes();
    assert.ok(family.length >= 7, `demo, plant and five devices, not ${JSON.stringify(family)}`);
    const { status } = await demo.stop(signal);
    assert.equal(status, signal === 'SIGKILL' ? null : 0);
    await until('nobody is left', () => box.processes().length === 0, 8000);
  });
}

test('a demo that is killed while its plant is starting leaves nothing behind', async () => {
  await using box = new Sandbox();
  const demo = box.start(['demo']);
  await until('the plant is born', () => box.processes().length >= 2);
  await demo.stop('SIGKILL');
  await until('nobody is left', () => box.processes().length === 0, 8000);
});

test('a second demo in the same folder is refused and leaves the first one alone', async () => {
  await using box = new Sandbox();
  const first = await box.startDemo();
  const second = await box.run('demo', '--for', '1s', '--json');
  assert.deepEqual([second.status, second.stdout], [1, '']);
  assert.match(second.stderr, new RegExp(`process ${first.pid} \\(demo\\.running\\)\\n.*--data`));
  assert.equal((await box.run('status')).status, 0);
});
