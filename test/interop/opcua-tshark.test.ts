import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Config } from '#sources/opcua/config.ts';
import { type RichServer, startRich } from '#test/opcua/rich-server.ts';
import { type Opened, openOpcua, pointsOf, QUICK, type TagAt, TestTrust } from '#test/opcua/rig.ts';
import { until } from '#test/until.ts';
import { BETWEEN, type Capture, startCapture } from './capture.ts';

/** Ids of the binary encodings of requests (OPC UA Part 6, A.1), as they stand on the wire. */
const SERVICES = {
  GetEndpoints: 428,
  OpenSecureChannel: 446,
  CloseSecureChannel: 452,
  CreateSession: 461,
  ActivateSession: 467,
  CloseSession: 473,
  Browse: 527,
  BrowseNext: 533,
  TranslateBrowsePaths: 554,
  Read: 631,
  HistoryRead: 664,
  Write: 673,
  Call: 712,
  CreateMonitoredItems: 751,
  ModifyMonitoredItems: 763,
  DeleteMonitoredItems: 781,
  CreateSubscription: 787,
  Publish: 826,
  DeleteSubscriptions: 847,
} as const;
type Service = keyof typeof SERVICES;
/** All that the conversation below is for; of the others it may need some. */
const MEANT: readonly Service[] = [
  ...(['GetEndpoints', 'OpenSecureChannel', 'CreateSession', 'ActivateSession', 'Browse', 'Read'] as const),
  ...(['HistoryRead', 'Write', 'Call', 'CreateSubscription', 'CreateMonitoredItems'] as const),
  ...(['DeleteMonitoredItems', 'Publish', 'CloseSession', 'CloseSecureChannel'] as const),
];
const PLANT = 'nsu=urn:holdfast:test:plant;s=';
const RECORDED_MS = Date.UTC(2026, 0, 1);

const TAGS: Record<string, TagAt> = {
  'a/speed': { at: { path: 'Plant/Line1/Pump1/Speed' } },
  'a/set': { at: { node: `${PLANT}Pump1.Setpoint`, deadband: { absolute: 0.25 } } },
  'a/axis': { type: 'structure', at: { node: `${PLANT}Typed.Axis` } },
  'a/second': { at: { node: `${PLANT}Typed.Profile`, field: '[1]' } },
  'a/flow': { at: { node: `${PLANT}Kept.Flow` } },
  'a/limit': { access: 'write', at: { method: `${PLANT}Machine.SetLimit` } },
};

/** All that a source may say to a server, once. */
async function converse(server: RichServer, device: Opened, config: Record<string, unknown>): Promise<void> {
  await device.until(() => device.last('a/speed') && device.last('a/axis') && device.late.length > 0);
  assert.equal((await device.write('a/set', 5.25)).state, 'sent');
  await device.until(() => device.last('a/set')?.value === 5.25);
  assert.equal((await device.write('a/second', 2.5)).state, 'sent');
  await device.until(() => device.last('a/second')?.value === 2.5);
  assert.equal((await device.write('a/limit', 12)).state, 'sent');
  await until('the watch stands', () => server.server.currentSubscriptionCount === 2);
  server.plant.setLevel(90);
  await until('the alarm', () => device.events.some(({ name }) => name === 'device-alarm.active'));
  const { 'a/axis': _, ...fewer } = TAGS;
  const next = Config.parse({ ...QUICK, ...config });
  assert.equal(await device.source.reconfigure?.(next, pointsOf(device.tags, fewer)), true);
  const found = await Array.fromAsync(device.source.browse?.('Plant/Line1', AbortSignal.timeout(8000)) ?? []);
  assert.equal(found.length, 8);
}

test('tshark reads every message of the source as we mean it', async (t) => {
  await using server = await startRich();
  await using capture = await startCapture(server.port);
  if (capture.impossible !== undefined) return t.skip(capture.impossible);
  for (let i = 0; i < 5; i++) server.plant.history.record('Flow', RECORDED_MS + i * 1000, i);
  using trust = new TestTrust();
  {
    const config = { url: server.url, history: 'fill', conditions: true };
    const newestUs = (path: string) => (path === 'a/flow' ? RECORDED_MS * 1000 : 0);
    await using device = await openOpcua({ trust: trust.store, config, tags: TAGS, newestUs });
    await converse(server, device, config);
  }
  await capture.stop();
  await check(capture, server.port);
});

/** What is looked at of each request. */
const FIELDS = {
  service: 'opcua.servicenodeid.numeric',
  kind: 'opcua.transport.type',
  names: 'opcua.nodeid.string',
  numbers: 'opcua.nodeid.numeric',
  range: 'opcua.IndexRange',
  double: 'opcua.Double',
  float: 'opcua.Float',
  deadband: 'opcua.DeadbandType',
  band: 'opcua.DeadbandValue',
  from: 'opcua.StartTime',
  browsed: 'opcua.qualname.Name',
  items: 'opcua.MonitoredItemIds',
} as const;
type Asked = { readonly [field in keyof typeof FIELDS]: readonly string[] };

async function requestsIn(capture: Capture, port: number, as: readonly string[]): Promise<readonly Asked[]> {
  const rows = await capture.tshark(`tcp.dstport == ${port} && opcua`, Object.values(FIELDS), ...as);
  return rows.map((values) => {
    const named = Object.keys(FIELDS).map((name, i) => [
      name,
      (values[i] ?? '').split(BETWEEN).filter((value) => value !== ''),
    ]);
    return Object.fromEntries(named) as Asked;
  });
}

async function check(capture: Capture, port: number): Promise<void> {
  const as = ['-d', `tcp.port==${port},opcua`];
  assert.deepEqual(await capture.wrong(...as), []);
  const asked = await requestsIn(capture, port, as);
  assert.deepEqual(new Set(asked.flatMap(({ kind }) => kind)), new Set(['HEL', 'OPN', 'MSG', 'CLO']));
  const services = new Set(asked.flatMap(({ service }) => service.map(Number)));
  const known: readonly number[] = Object.values(SERVICES);
  assert.deepEqual(
    [...services].filter((id) => !known.includes(id)),
    [],
  );
  assert.deepEqual(
    MEANT.filter((name) => !services.has(SERVICES[name])),
    [],
  );
  const of = (name: Service) => asked.filter(({ service }) => service.includes(`${SERVICES[name]}`));
  checkValues(of);
  checkItems(of);
}

function checkValues(of: (name: Service) => readonly Asked[]): void {
  assert.deepEqual(
    of('Write').map(({ names, range, double, float }) => [names, range, double, float]),
    [
      [['Pump1.Setpoint'], [], ['5.25'], []],
      [['Typed.Profile'], ['1'], [], ['2.5']],
    ],
  );
  assert.deepEqual(
    of('Call').map(({ names, numbers, double }) => [names, numbers.slice(1), double]),
    [
      // ConditionRefresh, a method of ConditionType (OPC UA Part 9, 5.5.7)
      [[], ['2782', '3875'], []],
      [['Machine', 'Machine.SetLimit'], [], ['12']],
    ],
  );
  assert.deepEqual(
    of('HistoryRead').map(({ names, from }) => [
      names,
      from.map((text) => Date.parse(text.replace(/\.\d+/, ''))),
    ]),
    [[['Kept.Flow'], [RECORDED_MS]]],
  );
}

function checkItems(of: (name: Service) => readonly Asked[]): void {
  const created = of('CreateMonitoredItems');
  const values = created.filter(({ names }) => names.length > 0);
  assert.deepEqual(
    values.map(({ names, deadband, band }) => [names, deadband, band]),
    [
      [
        ['Pump1.Speed', 'Pump1.Setpoint', 'Typed.Axis', 'Typed.Profile', 'Kept.Flow'],
        ['0x00000001'], // absolute, and of the second alone
        ['0.25'],
      ],
    ],
  );
  const [watch] = created.filter(({ names }) => names.length === 0);
  // At the object Server (OPC UA Part 5, 8.3.2), by an EventFilter, for conditions and events of the system.
  assert.deepEqual(watch?.numbers.slice(1, 3), ['2253', '727']);
  assert.deepEqual(watch?.numbers.slice(-4), ['597', '2782', '597', '2130']);
  for (const name of ['EventId', 'ConditionName', 'Retain', 'AckedState', 'ActiveState'])
    assert.ok(watch?.browsed.includes(name), name);
  assert.deepEqual(
    of('DeleteMonitoredItems').map(({ items }) => items.length),
    [1],
  );
}
