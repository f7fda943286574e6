import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startRich } from '#test/opcua/rich-server.ts';
import { openOpcua, TestTrust } from '#test/opcua/rig.ts';
import { startTap } from './capture.ts';

/** Ids of the binary encodings of requests (OPC UA Part 6, A.1), as they stand on the wire. */
const SERVICES: Readonly<Record<string, string>> = {
  428: 'GetEndpoints',
  446: 'OpenSecureChannel',
  452: 'CloseSecureChannel',
  461: 'CreateSession',
  467: 'ActivateSession',
  473: 'CloseSession',
  527: 'Browse',
  533: 'BrowseNext',
  631: 'Read',
  664: 'HistoryRead',
  673: 'Write',
  712: 'Call',
  751: 'CreateMonitoredItems',
  787: 'CreateSubscription',
  826: 'Publish',
  847: 'DeleteSubscriptions',
};
const PLANT = 'nsu=urn:holdfast:test:plant;s=';

test('tshark finds every message of the source well formed, and the services that we mean', async () => {
  await using server = await startRich();
  await using tap = await startTap(server.port);
  using trust = new TestTrust();
  {
    await using device = await openOpcua({
      trust: trust.store,
      config: { url: `opc.tcp://127.0.0.1:${tap.port}` },
      tags: {
        'a/speed': { at: { path: 'Plant/Line1/Pump1/Speed' } },
        'a/set': { at: { node: `${PLANT}Pump1.Setpoint` } },
        'a/axis': { type: 'structure', at: { node: `${PLANT}Typed.Axis` } },
        'a/limit': { access: 'write', at: { method: `${PLANT}Machine.SetLimit` } },
      },
    });
    await device.until(() => device.last('a/speed') && device.last('a/axis'));
    assert.equal((await device.write('a/set', 5.25)).state, 'sent');
    await device.until(() => device.last('a/set')?.value === 5.25);
    assert.equal((await device.write('a/limit', 12)).state, 'sent');
    const found = await Array.fromAsync(
      device.source.browse?.('Plant/Line1', AbortSignal.timeout(8000)) ?? [],
    );
    assert.equal(found.length, 8);
  }
  const file = join(server.keys.dir, 'ours.pcap');
  await writeFile(file, tap.capture());
  const fields = [
    'tcp.dstport',
    'opcua.transport.type',
    'opcua.servicenodeid.numeric',
    '_ws.malformed',
    '_ws.expert.message',
  ];
  const { stdout } = await promisify(execFile)(
    'tshark',
    [
      ...['-r', file, '-d', 'tcp.port==1883,opcua', '-Y', 'opcua', '-T', 'fields', '-E', 'separator=|'],
      ...fields.flatMap((field) => ['-e', field]),
    ],
    { timeout: 20_000, maxBuffer: 16 * 1024 * 1024 },
  );
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => line.split('|'));
  const ours = lines.filter(([port]) => port === '1883');
  assert.deepEqual(
    new Set(ours.flatMap(([, types]) => (types ?? '').split(','))),
    new Set(['HEL', 'OPN', 'MSG', 'CLO']),
  );
  const ids = ours.flatMap(([, , numbers]) => (numbers ?? '').split(',').filter((id) => id !== ''));
  const services = new Set(ids.map((id) => SERVICES[id] ?? id));
  const meant = [
    ...[
      'OpenSecureChannel',
      'GetEndpoints',
      'CreateSession',
      'ActivateSession',
      'Browse',
      'Read',
      'Write',
      'Call',
    ],
    ...['CreateSubscription', 'CreateMonitoredItems', 'Publish', 'CloseSession', 'CloseSecureChannel'],
  ];
  assert.deepEqual(
    meant.filter((name) => !services.has(name)),
    [],
  );
  assert.deepEqual(
    [...services].filter((name) => !Object.values(SERVICES).includes(name)),
    [],
  );
  assert.deepEqual(
    lines.filter(([, , , malformed]) => malformed !== ''),
    [],
  );
  assert.doesNotMatch(stdout, /[Mm]alformed|[Ii]nvalid/);
});
