import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { AlarmStatus, AlertStatus, AppliedConfig, NoticesStatus, RuleStatus } from '#contract/client.ts';
import { until } from '../until.ts';
import type { DemoSite } from './demo-site.ts';
import { plantDay } from './plant-day.ts';
import { WORN } from './scenes.ts';

/** Faults take their time in the plant, and the machine may be busy with much else. */
const PATIENCE_MS = 300_000;

/** Alarms by what was done about them. */
const SUCTION = 'hall/line1/pump/suction-low';
const VIBRATION = 'hall/line2/pump/vibration-high';
const STUCK = 'hall/line3/pump/flow-meter-stuck';

/**
 * Gives the demo something for every page and dialog to show, through the same doors as everybody uses: alarms in every
 * state, notices that reach nobody, a shadow rule of another mind, a source that is down, a certificate that waits.
 */
export async function furnish(site: DemoSite, { day = false } = {}): Promise<void> {
  if (day) await importDay(site);
  await configure(site);
  await peopleAndPrograms(site);
  await breakThings(site);
  await actOnAlarms(site);
  await judgeFindings(site);
  await until(
    'a notice that did not arrive',
    async () => {
      const { waiting } = await site.api.get<NoticesStatus>('/api/notices');
      return waiting.some(({ problem }) => problem !== undefined);
    },
    PATIENCE_MS,
  );
  await until(
    'the shadow rule differs',
    async () => {
      const rules = await site.api.get<readonly RuleStatus[]>('/api/rules');
      return rules.some(({ shadow }) => (shadow?.differences ?? 0) > 0);
    },
    PATIENCE_MS,
  );
}

async function post(site: DemoSite, path: string, body: object): Promise<unknown> {
  const reply = await site.api.post(path, JSON.stringify(body));
  const text = await reply.text();
  assert.ok(reply.ok, `${path}: ${text}`);
  return JSON.parse(text);
}

async function importDay(site: DemoSite): Promise<void> {
  const { nowUs, upS } = await site.api.status();
  const upMs = upS * 1000;
  const file = site.box.path('yesterday.csv');
  // The site keeps what it measures itself from here on.
  writeFileSync(file, plantDay(nowUs / 1000 - upMs));
  const { status, stderr } = await site.box.run(
    'import',
    file,
    '--why',
    'the day before',
    '--data',
    site.box.demoDir,
  );
  assert.equal(status, 0, stderr);
}

const NOTICES = `
shifts:
  day: { days: [mon, tue, wed, thu, fri], from: "06:00", to: "18:00" }

notices:
  pumps:
    alarms: ["*/pump/*"]
    steps:
      - { to: mail, recipients: [shift@riverside.example] }
      - { to: notices, topic: alarms/told }
      - { to: pager }
      - { to: mail, recipients: [head.of.shift@riverside.example], afterMin: 60 }
`;

const SHADOW = `
      spare-earlier:
        description: Lowers the speed before the bearing is warm
        shadow: true
        insteadOf: protect-bearing
        when: speed > 1300 && mean(vibration, "3s") > 2
        do:
          - write: { tag: speed_setpoint, value: 1200 }`;

/** What a site has that talks to people and to more machines. */
async function configure(site: DemoSite): Promise<void> {
  const { text } = await site.api.get<{ readonly text: string }>('/api/config');
  const [, port] = /opc\.tcp:\/\/127\.0\.0\.1:(\d+)/.exec(text) ?? [];
  assert.ok(port, 'the demo reads an OPC UA server');
  const changed = text
    .replace(
      '\nactuators:\n',
      `\n  # Under its other name nobody has trusted it yet.\n  energy: { kind: opcua, url: "opc.tcp://localhost:${port}" }\n  weigher: { kind: modbus, host: 127.0.0.1, port: 9, everyMs: 1000 }\n\nactuators:\n  mail: { kind: smtp, host: 127.0.0.1, port: 9, from: site@riverside.example, tls: none }\n  pager: { kind: webhook, url: "http://127.0.0.1:9/alarm" }\n`,
    )
    .replace('\nalarms:\n', `${NOTICES}\nalarms:\n`)
    .replace('\n      protect-bearing:', `${SHADOW}\n      protect-bearing:`)
    // Stands on every day.
    .replace('tag("utilities/cold/network/supply") > 9', 'tag("utilities/cold/network/supply") > 2');
  const applied = (await post(site, '/api/config/apply', {
    text: changed,
    why: 'tell the shift of alarms',
    by: 'ann',
  })) as AppliedConfig;
  assert.equal(applied.state, 'applied', JSON.stringify(applied.problems));
}

async function peopleAndPrograms(site: DemoSite): Promise<void> {
  await site.addUser('eva', 'engineer');
  await site.addUser('otto', 'operator');
  await post(site, '/api/access/users/rights', {
    name: 'otto',
    role: 'operator',
    areas: ['hall/line1', 'hall/line2'],
  });
  await post(site, '/api/access/tokens', { name: 'grafana', role: 'viewer', validForMs: 90 * 86_400_000 });
  await post(site, '/api/access/tokens', { name: 'mes', role: 'operator', areas: ['hall/line1'] });
  await post(site, '/api/views', {
    name: 'Pumps of all lines',
    tags: [1, 2, 3].map((line) => ({ path: `hall/line${line}/pump/vibration` })),
    spanMs: 3_600_000,
    by: 'eva',
  });
  await post(site, '/api/maintenance', {
    asset: 'packaging',
    forMin: 240,
    why: 'new belt at the palletizer',
    by: 'otto',
  });
  await post(site, '/api/assets', {
    asset: 'hall/line3/filler',
    tagOut: true,
    why: 'somebody works at the valves',
    by: 'eva',
  });
  await site.api.post(
    '/api/writes',
    JSON.stringify({ tag: 'hall/line1/pump/speed_setpoint', value: 9000, why: 'just trying', by: 'otto' }),
  );
  await site.api.post(
    '/api/writes',
    JSON.stringify({
      tag: 'hall/line2/pump/valve_setpoint',
      value: 64,
      why: 'less pressure at the filler',
      by: 'otto',
    }),
  );
}

async function breakThings(site: DemoSite): Promise<void> {
  for (const [fault, line] of [
    ['worn-bearing', 2],
    ['cavitation', 1],
    ['stuck-sensor', 3],
  ] as const) {
    const { status, stderr } = await site.box.run('plant', 'fault', fault, '--line', String(line));
    assert.equal(status, 0, stderr);
  }
}

/** Waits for an alarm, which may be over by then, as rules do something about it, too; then does something about it. */
async function actOn(site: DemoSite, id: string, act?: object): Promise<void> {
  const alarm = async () => await site.api.get<AlarmStatus>(`/api/alarms/${encodeURIComponent(id)}`);
  await until(`the alarm ${id}`, async () => (await alarm()).state !== 'normal', PATIENCE_MS);
  if (act) await post(site, '/api/alarms', { id, by: 'otto', ...act });
}

async function actOnAlarms(site: DemoSite): Promise<void> {
  await actOn(site, VIBRATION);
  await actOn(site, SUCTION, { act: 'comment', comment: 'the strainer is ordered' });
  await actOn(site, STUCK, { act: 'acknowledge', comment: 'the transmitter is looked at' });
  await actOn(site, 'chilled-water-warm', { act: 'shelve', forMin: 240, comment: 'chiller 2 is cleaned' });
  await post(site, '/api/alarms', {
    id: 'hall/line3/tank/level-low',
    act: 'outOfService',
    comment: 'the gauge is replaced',
    by: 'eva',
  });
}

/** What the detectors of the worn bearing say: of one somebody has said what it is, the other waits for somebody. */
async function judgeFindings(site: DemoSite): Promise<void> {
  const found = async (id: string) =>
    (await site.api.get<readonly AlertStatus[]>('/api/alerts')).find(({ rule }) => rule === id);
  await until('a finding of the bearing', async () => (await found(WORN)) !== undefined, PATIENCE_MS);
  const known = 'hall/line2/pump/bearing';
  await until('a second one', async () => (await found(known)) !== undefined, PATIENCE_MS);
  const alert = await found(known);
  assert.ok(alert);
  await post(site, '/api/alerts/judge', {
    id: known,
    sinceUs: alert.sinceUs,
    verdict: 'known',
    why: 'a bearing is ordered',
    by: 'otto',
  });
}
