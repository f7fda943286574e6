/*
 * Bytes of a sample on its way to elsewhere: as the MQTT sink sends it, a JSON message a sample, and in the blocks of the
 * journal, which is what a link to a hub has to carry. There is no such link yet: frames, confirmations and TLS are in
 * neither figure.
 */
import { publishBytes } from '#codec/mqtt/publish.ts';
import { BlockWriter } from '#journal/block.ts';
import { Gather } from '#journal/gather.ts';
import type { Batch } from '#kernel/batch.ts';
import { payloadOf } from '#sinks/mqtt/payload.ts';
import { plant } from './plant-mix.ts';
import { type Row, report } from './table.ts';

/** Of the journal, while nobody waits. */
const COMMITS_PER_S = 2;

function bench(quick: boolean): Row[] {
  const seconds = quick ? 10 : 60;
  return [1000, 10_000].map((perS) => {
    const batches = plant(seconds * COMMITS_PER_S, perS / COMMITS_PER_S);
    const samples = seconds * perS;
    return {
      what: `blocks of the journal at ${perS.toLocaleString('en')} samples/s`,
      unit: 'bytes/sample',
      less: true,
      ours: inBlocks(batches) / samples,
      peer: { name: 'JSON over MQTT, a message a sample', value: asJson(batches) / samples },
      goalRatio: 10,
      note: 'before TLS and TCP; a block twice a second',
    };
  });
}

function inBlocks(batches: readonly Batch[]): number {
  const gather = new Gather();
  const writer = new BlockWriter();
  let bytes = 0;
  for (const batch of batches) {
    gather.append(batch, 0, batch.receivedUs);
    bytes += writer.write(1, gather.handOver()).length;
    gather.clear();
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
