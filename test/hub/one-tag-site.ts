import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { checkSite } from '#edge/blueprint.ts';
import { type Site, startSite } from '#edge/site.ts';
import { allocBatch } from '#kernel/batch.ts';
import { journalConfig } from '../crash/journal-fixture.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** A site of a name, with one tag that nobody reads: nothing but what the test hands in arrives. */
export async function siteOf(t: TestContext, name: string): Promise<Site> {
  const file = `site: ${name}
sources: { plc: { kind: modbus, host: 127.0.0.1, port: 1 } }
tags: { p/a: { source: plc, address: { holding: 0 }, unit: bar } }
settings: { hub: { everyMs: 100 } }
`;
  const { blueprint, problems } = await checkSite(file);
  assert.ok(blueprint, JSON.stringify(problems));
  const site = await startSite({ blueprint, dataDir: journalConfig(t).dir, log: quiet, version: '1' });
  t.after(() => site[Symbol.asyncDispose]());
  return site;
}

/** @param agoUs how old it is by the device's clock */
export function arrives(site: Site, value: number, agoUs = 0): void {
  const { clock, path, table } = site.core;
  const batch = allocBatch(1, { receivedUs: clock.nowUs() });
  batch.tag[0] = table.number('p/a');
  batch.timeUs[0] = batch.receivedUs - agoUs;
  batch.value[0] = value;
  path.accept('plc', { batch });
}
