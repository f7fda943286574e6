interface Group {
  readonly packetIds: readonly number[];
  settled: boolean;
}

/**
 * PUBACKs in the order of the messages (MQTT 5.0, 4.6; 3.1.1, 4.6), each group only once it is told to be settled. A
 * group that never settles holds back all behind it: the broker sends them again in the next session.
 */
export class AckOrder {
  readonly #waiting: Group[] = [];
  readonly #send: (packetIds: readonly number[]) => void;

  constructor(send: (packetIds: readonly number[]) => void) {
    this.#send = send;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Takes the ids of messages received; the answer is called once they may be confirmed. */
  received(packetIds: readonly number[]): () => void {
    const group: Group = { packetIds, settled: false };
    this.#waiting.push(group);
    return () => {
      group.settled = true;
      let done = 0;
      while (this.#waiting[done]?.settled) done++;
      if (done > 0) this.#send(this.#waiting.splice(0, done).flatMap((g) => g.packetIds));
    };
  }
}
