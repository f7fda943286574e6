import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '#test/until.ts';
import { startCapture } from './capture.ts';
import { freePort, startMosquitto } from './mosquitto.ts';
import { command } from './mqtt-site.ts';
import { startNode } from './sparkplug-peer.ts';
import { hostDeps, metric, openHost, readRows } from './sparkplug-site.ts';

/** What a command holds, as Sparkplug 3.0 lays it down in 6.4.1: tshark brings none, and knows it by its first package. */
const PROTO = `syntax = "proto2";
package com.cirruslink.sparkplug.protobuf;
message Payload {
  message Metric {
    optional string name = 1;
    optional uint64 alias = 2;
    optional uint64 timestamp = 3;
    optional uint32 datatype = 4;
    oneof value {
      uint32 int_value = 10;
      uint64 long_value = 11;
      float float_value = 12;
      double double_value = 13;
      bool boolean_value = 14;
      string string_value = 15;
      bytes bytes_value = 16;
    }
  }
  optional uint64 timestamp = 1;
  repeated Metric metrics = 2;
  optional uint64 seq = 3;
}
`;

const METRIC = 'pbf.com.cirruslink.sparkplug.protobuf.Payload.Metric';
const FIELDS = [
  'mqtt.topic',
  'mqtt.qos',
  'mqtt.retain',
  'sparkplugb.messagetype',
  'sparkplugb.deviceid',
  `${METRIC}.name`,
  `${METRIC}.alias`,
  `${METRIC}.datatype`,
  `${METRIC}.int_value`,
  `${METRIC}.long_value`,
  `${METRIC}.double_value`,
  `${METRIC}.boolean_value`,
  `${METRIC}.string_value`,
  '_ws.malformed',
];

test('tshark reads commands, requests for a birth and STATE as we mean them', async (t) => {
  // A door of its own for ours, so that nothing of the peer's is taken for it.
  const door = await freePort();
  await using broker = await startMosquitto([`listener ${door} 127.0.0.1`]);
  await using capture = await startCapture(door);
  if (capture.impossible !== undefined) return t.skip(capture.impossible);
  const write = { access: 'readWrite' as const };
  const deps = hostDeps([
    metric('a/speed', 'Speed', write),
    metric('a/total', 'Total', { ...write, type: 'int64' }),
    metric('a/run', 'Run', { ...write, type: 'boolean', device: 'pump' }),
    metric('a/text', 'Text', { ...write, type: 'text', device: 'pump' }),
    metric('a/level', 'Level', { ...write, device: 'pump' }),
  ]);
  await using node = await startNode(broker.url);
  const bornMs = Date.now();
  {
    await using host = await openHost(`mqtt://127.0.0.1:${door}`, deps, { reorderMs: 10 });
    await node.rebirthAsked(1);
    await node.birth([
      { name: 'Speed', type: 'Int16', value: 0 },
      { name: 'Total', type: 'Int64', value: 0 },
    ]);
    await node.deviceBirth('pump', [
      { name: 'Run', type: 'Boolean', value: false, alias: 12 },
      { name: 'Text', type: 'String', value: '' },
      { name: 'Level', type: 'Double', value: 0 },
    ]);
    await readRows(host, deps, 5);
    for (const [tag, raw] of [-2, -3n, 1, 'go', 2.5].entries()) {
      await host.write?.(command(0, { tag, value: raw, raw }), AbortSignal.timeout(5000));
      await until('the command comes', () => node.commands.length === tag + 2);
    }
  }
  await capture.stop();
  await writeFile(join(broker.dir, 'sparkplug.proto'), PROTO);
  const as = [
    ...['-d', `tcp.port==${door},mqtt`, '-o', `uat:protobuf_search_paths:"${broker.dir}","TRUE"`],
    ...['-o', 'protobuf.pbf_as_hf:TRUE', '-o', 'protobuf.preload_protos:TRUE'],
  ];
  const tshark = (filter: string, fields: readonly string[]) =>
    capture.tshark(`tcp.dstport == ${door} && ${filter}`, fields, ...as);
  assert.deepEqual(await tshark('sparkplugb.messagetype matches "CMD"', FIELDS), [
    [
      'spBv1.0/plant/NCMD/cell',
      '0',
      '0',
      'NCMD',
      '',
      'Node Control/Rebirth',
      '',
      '11',
      '',
      '',
      '',
      '1',
      '',
      '',
    ],
    ['spBv1.0/plant/NCMD/cell', '0', '0', 'NCMD', '', 'Speed', '', '2', '4294967294', '', '', '', '', ''],
    [
      'spBv1.0/plant/NCMD/cell',
      '0',
      '0',
      'NCMD',
      '',
      'Total',
      '',
      '4',
      '',
      '18446744073709551613',
      '',
      '',
      '',
      '',
    ],
    ['spBv1.0/plant/DCMD/cell/pump', '0', '0', 'DCMD', 'pump', '', '12', '11', '', '', '', '1', '', ''],
    ['spBv1.0/plant/DCMD/cell/pump', '0', '0', 'DCMD', 'pump', 'Text', '', '12', '', '', '', '', 'go', ''],
    ['spBv1.0/plant/DCMD/cell/pump', '0', '0', 'DCMD', 'pump', 'Level', '', '10', '', '', '2.5', '', '', ''],
  ]);
  const json = (hex: string | undefined) =>
    JSON.parse(Buffer.from((hex ?? '').replaceAll(':', ''), 'hex').toString());
  const [[willTopic, willQos, willRetain, willHex] = []] = await tshark('mqtt.msgtype == 1', [
    'mqtt.willtopic',
    'mqtt.conflag.qos',
    'mqtt.conflag.retain',
    'mqtt.willmsg',
  ]);
  const states = await tshark('mqtt.topic contains "STATE" && mqtt.msgtype == 3', [
    'mqtt.topic',
    'mqtt.qos',
    'mqtt.retain',
    'mqtt.msg',
  ]);
  const will = json(willHex);
  assert.deepEqual([willTopic, willQos, willRetain, will.online], ['spBv1.0/STATE/site', '1', '1', false]);
  assert.ok(will.timestamp >= bornMs && will.timestamp <= Date.now());
  assert.deepEqual(
    states.map(([topic, qos, retain, hex]) => [topic, qos, retain, json(hex).online]),
    [
      ['spBv1.0/STATE/site', '1', '1', true],
      ['spBv1.0/STATE/site', '1', '1', false],
    ],
  );
  assert.equal(json(states[0]?.[3]).timestamp, will.timestamp);
});
