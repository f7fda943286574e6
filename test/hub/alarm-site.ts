import assert from 'node:assert/strict';
import { checkSite } from '#edge/blueprint.ts';
import { type Site, startSite } from '#edge/site.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

const fileOf = (name: string, acknowledge: boolean): string => `site: ${name}
sources: { plc: { kind: modbus, host: 127.0.0.1, port: 1 } }
tags: { p/a: { source: plc, address: { holding: 0 }, unit: bar } }
alarms:
  high:
    when: tag("p/a") > 100
    description: Pressure too high
    priority: high
    consequence: The vessel may burst
    response: Open the valve
settings: { hub: { everyMs: 100, acknowledge: ${acknowledge} } }
`;

/** A site with one alarm over one tag that nobody reads: nothing but what the test hands in arrives. */
export async function startAlarmSite(name: string, dataDir: string, acknowledge: boolean): Promise<Site> {
  const { blueprint, problems } = await checkSite(fileOf(name, acknowledge));
  assert.ok(blueprint, JSON.stringify(problems));
  return await startSite({ blueprint, dataDir, log: quiet, version: '1' });
}
