import type { MqttClient } from 'mqtt';
import { encodePayload } from '#codec/sparkplug/encode.ts';
import type { Payload } from '#codec/sparkplug/payload.ts';

export interface OutboxFaults {
  silent: boolean;
  slow: boolean;
  garbage: boolean;
  outOfOrder: boolean;
}

export interface OutboxOptions {
  readonly faults: OutboxFaults;
  readonly slowMs: number;
}

/** Gives messages their sequence numbers and sends them, with QoS 0 as births and data must (Sparkplug 3.0, 6.4). */
export interface Outbox {
  /** The next number is 0: that of an NBIRTH. */
  restart(): void;
  /** @param datatypes data messages leave them out */
  send(topic: string, payload: Payload, datatypes: boolean): void;
}

/** While messages come out of order: every third one waits for its successor, every seventeenth number is missing. */
const SWAP_EVERY = 3;
const SKIP_EVERY = 17;

export function createOutbox(client: MqttClient, { faults, slowMs }: OutboxOptions): Outbox {
  let seq = 0;
  let count = 0;
  let held: (() => void) | undefined;
  const publish = (topic: string, payload: Uint8Array) => {
    // The callback swallows what a lost connection makes of a message on its way.
    client.publish(topic, Buffer.from(payload), { qos: 0, retain: false }, () => {});
  };
  const inOrder = (send: () => void, data: boolean) => {
    const before = held;
    held = undefined;
    // A birth is never held back: only data lose their place.
    if (faults.outOfOrder && data && before === undefined && count % SWAP_EVERY === 0) held = send;
    else send();
    before?.();
  };
  return {
    restart() {
      seq = 0;
      held = undefined;
    },
    send(topic, payload, datatypes) {
      if (faults.silent) return;
      count++;
      if (faults.outOfOrder && !datatypes && count % SKIP_EVERY === 0) seq = (seq + 1) % 256;
      const bytes = encodePayload({ ...payload, seq }, { datatypes });
      seq = (seq + 1) % 256;
      const sent = faults.garbage ? broken(bytes, count) : bytes;
      inOrder(
        () => (faults.slow ? void setTimeout(publish, slowMs, topic, sent) : publish(topic, sent)),
        !datatypes,
      );
    },
  };
}

/** Payloads that nobody can read, in turn: cut off, no protobuf, a length that lies, nothing at all. */
function broken(bytes: Uint8Array, turn: number): Uint8Array {
  const ways = [
    bytes.subarray(0, Math.ceil(bytes.length / 2)),
    Buffer.from('{"metrics":"json"}'),
    Buffer.concat([bytes, Buffer.from([0x12, 0xff, 0xff, 0xff, 0x7f])]),
    new Uint8Array(0),
  ];
  return ways[turn % ways.length] as Uint8Array;
}
