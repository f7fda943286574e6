import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '#kernel/clock.ts';
import type { Fault } from '#kernel/fault.ts';
import { Quality } from '#kernel/quality.ts';
import { answer, openModbus, point, QUICK, rawServer } from '#test/modbus-rig.ts';

test('a silent unit turns bad once, costs the others little, and leaves a gap when it returns', async () => {
  let mute = true;
  const asked: number[] = [];
  await using server = await rawServer((one) => {
    asked.push(one.unit);
    if (one.unit !== 3 || !mute) answer(one);
  });
  await using device = await openModbus(
    { port: server.port, ...QUICK },
    { 'p/well': point(1, 11), 'p/mute': point(3, 33), 'p/mute2': point(3, 40) },
  );
  await device.until(() => device.last('p/mute') && device.last('p/mute2'));
  assert.equal(device.last('p/mute')?.quality, Quality.badNoCommunication);
  assert.ok(Number.isNaN(device.last('p/mute')?.value));
  // From here on the silent unit is only probed: the other one is asked far more often.
  const before = asked.length;
  const wells = device.rows.filter((row) => row.path === 'p/well').length;
  await device.until(() => device.rows.filter((row) => row.path === 'p/well').length >= wells + 20);
  const probes = asked.slice(before).filter((unit) => unit === 3).length;
  assert.ok(probes <= 7, `${probes} probes beside 20 reads`);
  assert.equal(device.rows.filter((row) => row.path === 'p/mute').length, 1);
  mute = false;
  await device.until(() => device.last('p/mute')?.quality === 0 && device.last('p/mute2')?.quality === 0);
  assert.equal(device.last('p/mute')?.value, 33);
  assert.deepEqual(device.gaps.map(({ reason, count, tags }) => `${tags} ${reason} ${count}`).sort(), [
    '1 device-silent undefined',
    '2 device-silent undefined',
  ]);
  assert.ok(device.gaps.every((gap) => gap.fromUs < gap.toUs));
  const told = device.events.map((event) => `${event.name} ${event.subject}`);
  assert.deepEqual(told, ['modbus.unit-silent unit 3', 'modbus.unit-answering unit 3']);
});

test('when a whole device falls silent its units are given up together, and are back together', async () => {
  let mute = true;
  await using server = await rawServer((one) => {
    if (!mute) answer(one);
  });
  const units = [1, 2, 3, 4, 5, 6];
  const paths = units.map((unit) => `p/u${unit}`);
  await using device = await openModbus(
    { port: server.port, timeoutMs: 60, probeMs: 40, probeMaxMs: 60_000 },
    Object.fromEntries(units.map((unit) => [`p/u${unit}`, point(unit, unit)])),
  );
  await device.until(() => paths.every((path) => device.last(path)));
  // Three time-outs show that nobody is there; then one a unit is enough: not three for each of six.
  assert.ok(device.requests.length <= 8, `${device.requests.length} requests`);
  mute = false;
  await device.until(() => paths.every((path) => device.last(path)?.quality === Quality.good));
});

test('a slow unit gets its turn and no more: the others are asked in between', async () => {
  const order: number[] = [];
  await using server = await rawServer((one) => {
    order.push(one.unit);
    if (one.unit === 3) setTimeout(() => answer(one), 50);
    else answer(one);
  });
  await using device = await openModbus(
    { port: server.port },
    { 'p/slow': point(3, 10), 'p/slow2': point(3, 20), 'p/slow3': point(3, 30), 'p/quick': point(1, 11) },
  );
  await device.until(() => order.filter((unit) => unit === 3).length >= 9);
  // Three reads of the slow unit always wait, one of the quick one: in turn, it goes between each two of them.
  const inRow = order.slice(3, -1).filter((unit, i, all) => unit === 3 && all[i + 1] === 3).length;
  assert.equal(inRow, 0, order.join(' '));
});

test('a device that is connected and dead turns bad, then ends the source with its gaps told', async () => {
  await using server = await rawServer(() => {});
  const clock = new ManualClock();
  await using device = await openModbus({ port: server.port }, { 'p/a': point(1, 11) }, 'live', clock);
  let fault: Fault | undefined;
  const reading = device
    .until(() => false, 30_000)
    .catch((error: Fault) => {
      fault = error;
    });
  const startUs = clock.steadyUs();
  for (let s = 0; s < 300 && !fault; s++) await clock.advance(1000);
  await reading;
  assert.equal(fault?.code, 'modbus.silent');
  assert.ok(clock.steadyUs() - startUs >= 20e6);
  assert.deepEqual(
    device.rows.map((row) => row.quality),
    [Quality.badNoCommunication],
  );
  assert.equal(device.gaps.length, 1);
});

test('a gateway that reports a mute target makes just that unit bad', async () => {
  await using server = await rawServer((one) => {
    if (one.unit === 3) answer(one, Uint8Array.of(one.code | 0x80, 11));
    else answer(one);
  });
  await using device = await openModbus(
    { port: server.port, ...QUICK },
    { 'p/well': point(1, 11), 'p/mute': point(3, 33) },
  );
  await device.until(() => device.last('p/mute'));
  assert.equal(device.last('p/mute')?.quality, Quality.badNoCommunication);
  assert.equal(device.last('p/well')?.quality, Quality.good);
});

test('a device that restarts is read again without a fault; one that stays away is a fault', async () => {
  const first = await rawServer(answer);
  await using device = await openModbus({ port: first.port, ...QUICK }, { 'p/a': point(1, 11) });
  await device.until(() => device.rows.length >= 2);
  await first[Symbol.asyncDispose]();
  {
    // The listener is back before the next request goes out, or the source has failed: both are allowed outcomes
    // of a restart, so only what follows is looked at when it has survived.
    await using second = await rawServer(answer, 'tcp', first.port);
    const survived = await device
      .until(() => second.connections > 0 && second.open > 0)
      .then(
        () => true,
        (fault: Fault) => {
          assert.match(fault.code, /^(tcp|modbus)\./);
          return false;
        },
      );
    if (survived) {
      const rows = device.rows.length;
      await device.until(() => device.rows.length > rows);
    }
  }
  await assert.rejects(
    device.until(() => false),
    (fault: Fault) => /^(tcp\.refused|modbus\.lost)$/.test(fault.code),
  );
});

test('a device that accepts and hangs up at once is a fault after a few tries, not a storm', async () => {
  await using server = await rawServer((one) => one.socket.destroy());
  await using device = await openModbus({ port: server.port, ...QUICK }, { 'p/a': point(1, 11) });
  await assert.rejects(
    device.until(() => false),
    (fault: Fault) => fault.code === 'modbus.lost',
  );
  assert.equal(server.connections, 3);
});

test('a busy device is asked again, and its points stay as they are', async () => {
  let busy = 2;
  await using server = await rawServer((one) => {
    if (busy-- > 0) answer(one, Uint8Array.of(one.code | 0x80, 6));
    else answer(one);
  });
  await using device = await openModbus({ port: server.port, ...QUICK }, { 'p/a': point(1, 11) });
  await device.until(() => device.rows.length >= 1);
  assert.deepEqual([device.rows[0]?.value, device.rows[0]?.quality], [11, Quality.good]);
});

test('a source that nobody reads stops polling instead of growing', async () => {
  let asked = 0;
  await using server = await rawServer((one) => {
    asked++;
    answer(one);
  });
  const points = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`p/t${i}`, point(1, i)]));
  await using device = await openModbus({ port: server.port, everyMs: 10, requestsPerS: 10_000 }, points);
  const limit = (4096 + 16 * 120) / 120 + 2;
  const deadline = Date.now() + 5000;
  let quiet = 0;
  for (let seen = -1; quiet < 5 && Date.now() < deadline; seen = asked) {
    quiet = seen === asked ? quiet + 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  assert.ok(quiet >= 5 && asked <= limit, `${asked} reads, ${limit} fit`);
  await device.until(() => device.rows.length >= 120);
  const before = asked;
  await device.until(() => asked > before);
});
