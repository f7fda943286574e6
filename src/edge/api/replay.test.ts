import assert from 'node:assert/strict';
import { test } from 'node:test';
import { servedSite } from '#edge/api/fixture.ts';
import { replayHandlers } from '#edge/api/replay.ts';
import { until } from '#test/until.ts';

const SITE = `
site: north
sources: { plc: { kind: modbus, host: 127.0.0.1, port: 1 } }
tags:
  p/a: { source: plc, address: { holding: 0 } }
`;
const asked = (body: object) =>
  ({ params: {}, query: undefined, body: { against: 'record', warmUpMs: 0, ...body } }) as never;
const NOBODY = undefined as never;

test('one back-test runs at a time, and one that is given up makes room', async (t) => {
  const { site } = await servedSite(t, SITE);
  await until('a row in the journal', async () => {
    await site.durable();
    return site.status().journal.durableRows > 0;
  });
  const { backtest } = replayHandlers(site, 'test');
  const leaving = new AbortController();
  const start = (signal: AbortSignal) => backtest(asked({}), signal, NOBODY)[Symbol.asyncIterator]();
  const one = start(leaving.signal).next();
  await assert.rejects(start(leaving.signal).next(), { code: 'backtest.busy' });
  leaving.abort();
  await assert.rejects(one, { name: 'AbortError' });
  const lines = await Array.fromAsync(backtest(asked({}), new AbortController().signal, NOBODY));
  const last = lines.at(-1);
  assert.ok(last && 'report' in last && last.report.equal, JSON.stringify(lines));
});
