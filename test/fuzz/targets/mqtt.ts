import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
import { parsePath } from '#codec/json/path.ts';
import { JsonPaths, Kind } from '#codec/json/paths.ts';
import { FrameReader } from '#codec/mqtt/frames.ts';
import { PUBLISH, PublishView } from '#codec/mqtt/publish.ts';
import { parseControl } from '#wire/mqtt/control.ts';
import { pieces, refusing, type Target } from '../target.ts';

const LARGEST = 20_000;

const PACKETS: readonly Packet[] = [
  { cmd: 'publish', topic: 'a/b/c', payload: '{"v":1.5}', qos: 1, messageId: 7, dup: false, retain: false },
  { cmd: 'publish', topic: 'x', payload: 'y'.repeat(300), qos: 0, dup: false, retain: true },
  { cmd: 'connack', returnCode: 0, reasonCode: 0, sessionPresent: true, properties: { receiveMaximum: 20 } },
  { cmd: 'suback', messageId: 3, granted: [0, 1, 128] },
  { cmd: 'unsuback', messageId: 3, granted: [0] },
  { cmd: 'puback', messageId: 9, reasonCode: 16 },
  { cmd: 'pingresp' },
  { cmd: 'disconnect', reasonCode: 142, properties: { reasonString: 'taken over' } },
];

/** What a broker sends: packets, and a PUBLISH read in place. */
export const packets: Target = {
  name: 'mqtt-packets',
  seeds: () => {
    const each = PACKETS.flatMap((packet) =>
      [4, 5].map((protocolVersion) => new Uint8Array(generate(packet, { protocolVersion }))),
    );
    return [...each, new Uint8Array(Buffer.concat(each))];
  },
  read(input, chance) {
    const version = chance.uniform() < 0.5 ? 4 : 5;
    const view = new PublishView();
    const publish = (head: number, bytes: Uint8Array, start: number, end: number, whole: boolean) => {
      if (view.read(head, bytes, start, end, version, whole) !== undefined) return;
      assert.ok(view.topicStart <= view.topicEnd && view.topicEnd <= view.payloadStart);
      assert.ok(view.payloadStart <= view.payloadEnd && view.payloadEnd <= bytes.length);
      assert.equal(typeof view.topic, 'string');
    };
    const reader = new FrameReader(
      {
        packet(head, bytes, start, end) {
          assert.ok(start <= end && end <= bytes.length && end - start <= LARGEST);
          if ((head & 0xf0) === PUBLISH) publish(head, bytes, start, end, true);
          else refusing('mqtt.', () => parseControl(head, bytes.subarray(start, end), version));
        },
        oversized(head, bytes, start, end) {
          if ((head & 0xf0) === PUBLISH) publish(head, bytes, start, end, false);
        },
      },
      LARGEST,
    );
    refusing('mqtt.', () => {
      for (const piece of pieces(input, chance)) reader.push(piece);
    });
  },
};

const PATHS = ['v', 'v.w', 'a[0]', 'a[1].b', 'toString', '__proto__'].map(parsePath);

/** JSON payloads: accepted exactly where JSON.parse accepts them, with the same numbers. */
export const payloads: Target = {
  name: 'mqtt-payloads',
  isText: true,
  seeds(seed) {
    const json = fc.record({ v: fc.jsonValue(), a: fc.array(fc.jsonValue()), w: fc.json() });
    return fc
      .sample(json, { seed, numRuns: 200 })
      .map((value) => new TextEncoder().encode(JSON.stringify(value)))
      .concat([Buffer.from('{"v":{"w":1.25e-3},"a":[1,{"b":"x\\u00e4"}]}'), Buffer.from(' 42 ')]);
  },
  read(input, chance) {
    const reader = new JsonPaths(PATHS);
    const from = Math.floor(chance.uniform() * Math.min(4, input.length));
    const accepted = reader.read(input, from, input.length);
    let parsed: unknown;
    let sound = true;
    try {
      parsed = JSON.parse(Buffer.from(input.subarray(from)).toString('utf8'));
    } catch {
      sound = false;
    }
    assert.equal(accepted, sound, 'one accepts it and one does not');
    if (!sound) return;
    const slot = reader.slotOf(PATHS[0] ?? []);
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    const value = isObject && Object.hasOwn(parsed as object, 'v') ? (parsed as { v: unknown }).v : undefined;
    if (typeof value === 'number') assert.ok(Object.is(reader.number[slot], value), `${value}`);
    else assert.notEqual(reader.kind[slot], Kind.number);
    for (const path of PATHS) {
      const at = reader.slotOf(path);
      if (reader.kind[at] !== Kind.absent) reader.parse(at);
    }
  },
};
