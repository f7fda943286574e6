import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Throttle } from '#access/throttle.ts';
import { ManualClock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';

function throttled() {
  const clock = new ManualClock();
  const throttle = new Throttle(clock);
  const wrong = async () => undefined;
  /** How long the answer took, in ms. */
  const took = async (address: string, account: string, work: () => Promise<string | undefined> = wrong) => {
    const beganUs = clock.steadyUs();
    let endedUs: number | undefined;
    const attempt = throttle.attempt(address, account, work).finally(() => {
      endedUs = clock.steadyUs();
    });
    for (let i = 0; endedUs === undefined && i < 200; i++) await clock.advance(100);
    await attempt;
    return ((endedUs ?? Number.NaN) - beganUs) / 1000;
  };
  return { clock, throttle, took };
}

test('who mistypes twice waits for nothing; then the delay doubles up to its end, and nobody is locked out', async () => {
  const { took } = throttled();
  const times: number[] = [];
  for (let i = 0; i < 10; i++) times.push(await took('10.0.0.7', 'mia'));
  assert.deepEqual(times, [0, 0, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  assert.equal(await took('10.0.0.7', 'mia', async () => 'in'), 15_000);
  assert.equal(await took('10.0.0.7', 'mia'), 0, 'signing in forgives');
});

test('an account waits wherever the attempts come from, an address whatever names it tries', async () => {
  const { took } = throttled();
  for (let i = 0; i < 4; i++) await took(`10.0.0.${i}`, 'mia');
  assert.equal(await took('10.0.0.99', 'mia'), 2000);
  assert.equal(await took('10.0.0.50', 'zoe'), 0, 'others do not wait');
  for (let i = 0; i < 4; i++) await took('10.0.0.200', `name ${i}`);
  assert.equal(await took('10.0.0.200', 'somebody'), 2000);
});

test('failures are forgotten after a quarter of an hour', async () => {
  const { clock, took } = throttled();
  for (let i = 0; i < 5; i++) await took('10.0.0.7', 'mia');
  await clock.advance(16 * 60_000);
  assert.equal(await took('10.0.0.7', 'mia'), 0);
});

test('asking many at once gains nothing: one address has four that wait, one after the other', async () => {
  const { clock, throttle } = throttled();
  let evaluated = 0;
  const work = async () => {
    evaluated++;
    return undefined;
  };
  const all = Array.from({ length: 100 }, () => throttle.attempt('2001:db8::1', 'mia', work));
  const refused = all.map((one) =>
    one.then(
      () => '',
      (error) => (error instanceof Fault ? error.code : '?'),
    ),
  );
  await clock.advance(0);
  assert.equal(evaluated, 2);
  await clock.advance(400);
  assert.equal(evaluated, 2);
  await clock.advance(2000);
  const codes = await Promise.all(refused);
  assert.equal(evaluated, 4);
  assert.equal(codes.filter((code) => code === 'access.too-many').length, 96);
});
