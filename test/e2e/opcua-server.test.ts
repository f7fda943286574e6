import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import type { TagValue } from '#contract/api.ts';
import { certificateFolder, freePort, ServerProcess } from '../opcua/peer.ts';
import { until } from '../until.ts';
import { ChangingSite, type Parts } from './changing-site.ts';

const NODES = 5000;
const A_CALL = 100;
const WAIT_MS = 60_000;
const tag = (n: number): string => `c${n}: { source: line, address: { path: Plant/Line1/Counter${n} } }`;

const parts = (url: string, nodes: number): Parts => ({
  sources: [
    `line: { kind: opcua, url: '${url}', security: { mode: none }, publishMs: 100, sampleMs: 0, verifyEveryMs: 4000 }`,
  ],
  tags: Array.from({ length: nodes }, (_, n) => tag(n)),
});

test('OPC UA: 5,000 nodes at 100 a call, through a silent server and one that comes back renumbered', async (t) => {
  const certificates = await certificateFolder();
  t.after(() => rm(certificates, { recursive: true, force: true }));
  const port = await freePort();
  const options = {
    port,
    certificates,
    variables: NODES + 1,
    limits: { maxNodesPerRead: A_CALL, maxMonitoredItemsPerCall: A_CALL, maxNodesPerBrowse: A_CALL },
  };
  let server = await ServerProcess.start(options);
  await using servers = new AsyncDisposableStack();
  servers.defer(() => server[Symbol.asyncDispose]());
  await using site = await new ChangingSite().start(parts(server.url, NODES));
  const { api } = site;
  const tags = () => api.get<readonly TagValue[]>('/api/tags?limit=10000');
  const all = (what: string, value: number, count = NODES) =>
    until(
      what,
      async () => {
        const good = (await tags()).filter((one) => one.quality === 'good' && one.value === value);
        return good.length === count;
      },
      WAIT_MS,
    );
  await server.ask({ step: 1 });
  await all('all are read', 1);

  await site.change(parts(server.url, NODES + 1));
  await all('one more', 1, NODES + 1);
  assert.equal(await site.opened('line'), 1);

  await server.ask({ mute: 'data' });
  await server.ask({ step: 1 });
  await all('a server that shows life and sends nothing', 2, NODES + 1);
  const events = await api.events();
  assert.ok(events.some(({ name }) => name === 'opcua.subscription-rebuilt'));

  await server.kill();
  await until(
    'all are bad',
    async () => (await tags()).every(({ quality }) => /^bad/.test(quality)),
    WAIT_MS,
  );
  server = await ServerProcess.start({ ...options, renumber: 50_000 });
  await server.ask({ step: 1 });
  await all('the same names, with other ids', 1, NODES + 1);
  assert.equal((await site.edge.stop()).status, 0);
  await until('no session is left', async () => (await server.ask()).sessions === 0);
});
