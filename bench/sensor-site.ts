/** Values in one JSON message of a sensor. */
export const FIELDS = 10;

export interface SensorWork {
  readonly tags: number;
  readonly rules: number;
}

/** A site file: sensors by MQTT. A limit for each rule; every tenth is a mean over ten seconds instead. None is ever crossed. */
export function sensorSite({ tags, rules }: SensorWork, brokerPort: number): string {
  const path = (i: number) => `hall/sensor${Math.floor(i / FIELDS)}/value${i % FIELDS}`;
  const address = (i: number) => ({ topic: `sensor/${Math.floor(i / FIELDS)}`, path: `v${i % FIELDS}` });
  const tag = (i: number) => `tag("${path(Math.floor((i * tags) / rules))}")`;
  const when = (i: number) => (i % 10 === 9 ? `mean(${tag(i)}, "10s") > 1e9` : `${tag(i)} > 1e9`);
  const alarm = (i: number) => ({ when: when(i), priority: 'low', consequence: 'none', response: 'none' });
  const many = <T>(count: number, entry: (i: number) => readonly [string, T]) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => entry(i)));
  return JSON.stringify({
    site: 'bench',
    settings: { api: { port: 0 } },
    sources: { broker: { kind: 'mqtt', url: `mqtt://127.0.0.1:${brokerPort}`, version: 4, qos: 0 } },
    tags: many(tags, (i) => [path(i), { source: 'broker', address: address(i) }]),
    alarms: many(rules, (i) => [`high${i}`, alarm(i)]),
  });
}
