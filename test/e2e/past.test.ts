import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../until.ts';
import { Api, type Running, Sandbox } from './sandbox.ts';

const PUMP = 'hall/line1/pump';

/* One demo, asked while it runs and when it is stopped. */
const box = new Sandbox();
let demo: Running;

before(async () => {
  demo = await box.startDemo();
  await new Api(box.demoDir).allSpeak();
});
after(() => box[Symbol.asyncDispose]());

/** Questions about the past, and what the running demo answered to them. */
const FLOW = `${PUMP}/flow`;
let toMs = 0;
const questions = (): readonly (readonly string[])[] => {
  const past = ['--from', new Date(toMs - 60_000).toISOString(), '--to', new Date(toMs).toISOString()];
  return [
    ['history', FLOW, ...past],
    ['history', FLOW, `${PUMP}/running`, ...past, '--bucket', '10s', '--aggregate', 'mean', 'duration'],
    ['history', FLOW, ...past, '--raw', '--json'],
    ['history', FLOW, `${PUMP}/speed`, '--at', new Date(toMs).toISOString()],
    ['history', FLOW, ...past, '--gaps'],
    ['export', FLOW, ...past],
    ['history', '--calc', `mean(tag("${FLOW}"), "10s") / tag("${PUMP}/speed")`, ...past],
    ['history', '--calc', 'flow * 2.0', '--asset', PUMP, '--step', '5s', '--raw', ...past],
  ];
};
const answers: string[] = [];

test('the past of a running site is asked in every way', async () => {
  // More than a step of what is calculated, however quickly the demo came up.
  toMs = Date.now() + 6000;
  await until('the span is over and kept', () => Date.now() > toMs + 3000);
  for (const question of questions()) {
    const { status, stdout, stderr } = await box.run(...question);
    assert.deepEqual([status, stderr], [0, ''], question.join(' '));
    assert.ok(stdout.length > 0);
    answers.push(stdout);
  }
  assert.ok((answers[2]?.split('\n').length ?? 0) > 1);
});

test('the past of a stopped site answers as that of the running one did', async () => {
  assert.equal((await demo.stop()).status, 0);
  for (const [i, question] of questions().entries()) {
    const { status, stdout, stderr } = await box.run(...question, '--data', box.demoDir);
    assert.deepEqual([status, stderr], [0, ''], question.join(' '));
    assert.equal(stdout, answers[i], question.join(' '));
  }
  const wrong = await box.run('history', FLOW, '--bucket', '0.1ms', '--data', box.demoDir);
  assert.equal(wrong.status, 1);
  assert.match(wrong.stderr, /bucketUs/);
  const typo = await box.run('history', '--calc', `tag("${PUMP}/flwo") * 2.0`, '--data', box.demoDir);
  assert.equal(typo.status, 2);
  assert.match(typo.stderr, /1:5 there is no tag .*did you mean/);
  const none = await box.run('history', FLOW, '--data', box.path('nothing'));
  assert.equal(none.status, 3);
  assert.match(none.stderr, /none has left its history there/);
});
