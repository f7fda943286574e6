/*
 * Bytes of a sample on its way to elsewhere: as the MQTT sink sends it, a JSON message a sample, and as the uplink sends it
 * to a hub, confirmations included. TLS and TCP are in neither figure.
 */
import { publishBytes } from '#codec/mqtt/publish.ts';
import { BlockWriter } from '#journal/block.ts';
import { Gather } from '#journal/gather.ts';
import type { Batch } from '#kernel/batch.ts';
import { payloadOf } from '#sinks/mqtt/payload.ts';
import { plant } from '#test/fleet/plant-mix.ts';
import { frameOf } from '#uplink/messages.ts';
import { type Row, report } from './table.ts';

/** The uplink gathers samples for a second, unless many wait. */
const FRAMES_PER_S = 1;

function bench(quick: boolean): Row[] {
  const seconds = quick ? 10 : 60;
  return [1000, 10_000].map((perS) => {
    const batches = plant(seconds * FRAMES_PER_S, perS / FRAMES_PER_S);
    const samples = seconds * perS;
    return {
      what: `uplink to a hub at ${perS.toLocaleString('en')} samples/s`,
      unit: 'bytes/sample',
      less: true,
      ours: overUplink(batches) / samples,
      peer: { name: 'JSON over MQTT, a message a sample', value: asJson(batches) / samples },
      goalRatio: 10,
      note: 'before TLS and TCP; a frame a second, its confirmation included',
    };
  });
}

function overUplink(batches: readonly Batch[]): number {
  const gather = new Gather();
  const writer = new BlockWriter();
  let bytes = 0;
  let after = 0;
  for (const batch of batches) {
    const upTo = after + 10;
    gather.append(batch, 0, batch.receivedUs);
    const block = writer.write(upTo, gather.handOver());
    bytes += frameOf({ kind: 'history', after, upTo, block }).length;
    bytes += frameOf({ kind: 'stored', lane: 'history', upTo }).length;
    gather.clear();
    after = upTo;
  }
  return bytes;
}

function asJson(batches: readonly Batch[]): number {
  let bytes = 0;
  for (const batch of batches) {
    for (let i = 0; i < batch.rows; i++) {
      const topic = Buffer.from(`north/hall/line1/pump${batch.tag[i]}/value`);
      const payload = Buffer.from(payloadOf(batch, i, 'number'));
      bytes += publishBytes({ topic, payload, qos: 1, retain: false });
    }
  }
  return bytes;
}

await report(bench);
