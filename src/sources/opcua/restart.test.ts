import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { Line } from '#test/opcua/line.ts';
import { certificateFolder, ServerProcess } from '#test/opcua/peer.ts';
import { keepOpcua, openOpcua, TestTrust } from '#test/opcua/rig.ts';
import { until } from '#test/until.ts';

const trust = new TestTrust();
let folder: string;
before(async () => {
  folder = await certificateFolder();
});
after(async () => {
  trust[Symbol.dispose]();
  await rm(folder, { recursive: true, force: true });
});

const start = (options: Parameters<typeof ServerProcess.start>[0]) =>
  ServerProcess.start({ certificates: folder, ...options });

test('a server that is killed and comes back with other node ids is read on by its paths', async () => {
  const tags = { path: { at: { path: 'Plant/Line1/Counter3' } }, node: { at: { node: 'ns=1;i=10003' } } };
  // Both at once, because starting takes seconds; the second is met only once the first is dead.
  const starting = [start({}), ServerProcess.start({ renumber: 50_000 })] as const;
  await using first = await starting[0];
  await using second = await starting[1];
  await using line = await Line.to(first.port);
  const config = { url: `opc.tcp://127.0.0.1:${line.port}/test` };
  await using device = keepOpcua({ trust: trust.store, config, tags, hurry: 10 });
  await until('rows', () => device.last('path') !== undefined && device.last('node') !== undefined);
  await first.kill();
  await until('it is noticed', () => device.faults.length > 0);
  assert.match(device.faults[0]?.code ?? '', /^opcua\./);
  line.lead(second.port);
  const { count } = await second.ask({ step: 7 });
  await until('rows again', () => device.last('path')?.value === count, 20_000);
  await until('the old id is not there', () => device.last('node')?.quality === 0x8034);
});

test('5,000 nodes come alive at a server that takes fewer a call than it says', async () => {
  await using server = await start({
    variables: 5000,
    limits: { maxNodesPerRead: 90, maxMonitoredItemsPerCall: 90, maxNodesPerBrowse: 90 },
    announceLimits: false,
  });
  const tags = Object.fromEntries(
    Array.from({ length: 5000 }, (_, i) => [
      `c${i}`,
      { at: i % 2 === 0 ? { path: `Plant/Line1/Counter${i}` } : { node: `ns=1;i=${10_000 + i}` } },
    ]),
  );
  await using device = await openOpcua({ trust: trust.store, config: { url: server.url }, tags });
  const seen = new Set<string>();
  await device.until(() => {
    for (const { path, quality } of device.rows.splice(0)) if (quality === 0) seen.add(path);
    return seen.size === 5000;
  }, 20_000);
  assert.equal((await server.ask()).items, 5000);
  assert.ok(device.requests.some(({ outcome }) => outcome === 'refused'));
});
