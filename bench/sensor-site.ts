/** Values in one JSON message of a sensor. */
export const FIELDS = 10;

export interface SensorWork {
  readonly tags: number;
  readonly rules: number;
}

/**
 * A site file: sensors by MQTT, of one type, as a file of a hundred thousand tags has to be written. A limit for each rule;
 * every tenth is a mean over ten seconds instead. None is ever crossed.
 */
export function sensorSite({ tags, rules }: SensorWork, brokerPort: number): string {
  const path = (i: number) => `hall/sensor${Math.floor(i / FIELDS)}/value${i % FIELDS}`;
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a parameter of the site file
  const field = (i: number) => ({ source: 'broker', address: { topic: 'sensor/${n}', path: `v${i}` } });
  const tag = (i: number) => `tag("${path(Math.floor((i * tags) / rules))}")`;
  const when = (i: number) => (i % 10 === 9 ? `mean(${tag(i)}, "10s") > 1e9` : `${tag(i)} > 1e9`);
  const alarm = (i: number) => ({ when: when(i), priority: 'low', consequence: 'none', response: 'none' });
  const many = <T>(count: number, entry: (i: number) => readonly [string, T]) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => entry(i)));
  return JSON.stringify({
    site: 'bench',
    settings: { api: { port: 0 } },
    sources: { broker: { kind: 'mqtt', url: `mqtt://127.0.0.1:${brokerPort}`, version: 4, qos: 0 } },
    types: { sensor: { params: ['n'], tags: many(FIELDS, (i) => [`value${i}`, field(i)]) } },
    assets: many(tags / FIELDS, (i) => [`hall/sensor${i}`, { type: 'sensor', with: { n: i } }]),
    alarms: many(rules, (i) => [`high${i}`, alarm(i)]),
  });
}
