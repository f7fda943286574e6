import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '#kernel/batch.ts';
import type { Point } from '#plugin/api.ts';
import { Address } from '#sources/modbus/address.ts';
import { Config } from '#sources/modbus/config.ts';
import { answer, openModbus, rawServer } from '#test/modbus-rig.ts';
import { until } from '#test/until.ts';

/** A device whose registers hold their own address, and which remembers what it was asked. */
async function device() {
  const asked: string[] = [];
  const server = await rawServer((one) => {
    asked.push(`${one.address}+${one.count}`);
    answer(one);
  });
  return { asked, server };
}

const pointOf = (number: number, holding: number): Point => ({
  tag: { number, path: `p/${number}`, type: 'number', access: 'read' },
  address: Address.parse({ holding }),
});

test('a point more is read in the same session, and reads of others keep their rhythm', async () => {
  const { asked, server } = await device();
  await using _server = server;
  const options = { port: server.port, everyMs: 20, requestsPerS: 1000 };
  await using rig = await openModbus(options, {
    'p/0': { at: { holding: 1 } },
    'p/1': { at: { holding: 50 } },
  });
  const { source } = rig;
  const points = [pointOf(0, 1), pointOf(1, 50), pointOf(2, 2)];
  const seen = new Map<number, number[]>();
  const take = async () => {
    const { batch } = await source.read(AbortSignal.timeout(5000));
    for (let i = 0; i < batch.rows; i++) {
      const tag = at(batch.tag, i);
      seen.set(tag, [...(seen.get(tag) ?? []), at(batch.value, i)]);
    }
  };
  while ((seen.get(0)?.length ?? 0) < 3) await take();
  const config = Config.parse({ host: '127.0.0.1', ...options });
  assert.equal(await source.reconfigure?.(config, points), true);
  while ((seen.get(2)?.length ?? 0) < 3) await take();
  assert.deepEqual([...new Set(seen.get(2))], [2]);
  assert.deepEqual([...new Set(seen.get(1))], [50]);
  assert.equal(server.connections, 1);
  assert.ok(asked.includes('1+2'), 'neighbours are joined to one read');

  assert.equal(await source.reconfigure?.(config, points.slice(1, 2)), true);
  const before = asked.length;
  await until('further reads', async () => {
    await take();
    return asked.length > before + 3;
  });
  assert.deepEqual([...new Set(asked.slice(before + 1))], ['50+1'], 'what is no point is read no more');
});

test('what changes the connection needs a new one', async () => {
  const { server } = await device();
  await using _server = server;
  const options = { port: server.port, everyMs: 20 };
  await using rig = await openModbus(options, { 'p/0': { at: { holding: 1 } } });
  const points = [pointOf(0, 1)];
  const config = Config.parse({ host: '127.0.0.1', requestsPerS: 1000, ...options });
  const taken = async (change: object) => await rig.source.reconfigure?.({ ...config, ...change }, points);
  assert.equal(await taken({ timeoutMs: 700 }), false);
  assert.equal(await taken({ host: '127.0.0.2' }), false);
  assert.equal(await taken({ everyMs: 40, maxRegisters: 10 }), true);
});
