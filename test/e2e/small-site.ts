import { writeFileSync } from 'node:fs';
import type { Sandbox } from './sandbox.ts';

export interface SmallSite {
  readonly file: string;
  readonly data: string;
}

export interface Ports {
  readonly modbus: number;
  readonly mqtt: number;
  /** Of the API; 0 picks a free one. */
  readonly api?: number;
}

/** A site with one Modbus device and one broker in the folder of the sandbox; neither needs to be there. */
export function smallSite(box: Sandbox, { modbus, mqtt, api = 0 }: Ports, name = 'site'): SmallSite {
  const file = box.path(`${name}.yaml`);
  writeFileSync(
    file,
    `site: small
settings:
  api: { port: ${api} }
sources:
  plc: { kind: modbus, host: 127.0.0.1, port: ${modbus}, everyMs: 100, timeoutMs: 500, requestsPerS: 50 }
  broker: { kind: mqtt, url: 'mqtt://127.0.0.1:${mqtt}' }
tags:
  line/press/pressure: { unit: bar, source: plc, address: { unit: 1, holding: 0 } }
  line/press/target: { unit: bar, source: plc, address: { unit: 1, holding: 1 }, access: readWrite, write: { range: [0, 1000] } }
  line/oven/temperature: { unit: Cel, source: broker, address: { topic: oven/temperature } }
alarms:
  pressure-high:
    when: tag("line/press/pressure") > 6
    priority: high
    consequence: The seal wears out.
    response: Open the valve.
  pressure-low:
    when: tag("line/press/pressure") < 1
    priority: low
    consequence: The press does not close.
    response: Look at the compressor.
`,
  );
  return { file, data: box.path('data') };
}
