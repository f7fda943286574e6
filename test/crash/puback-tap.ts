import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { parser } from 'mqtt-packet';

/**
 * A TCP relay between a client and its broker that reads along: which payloads the client confirmed with a PUBACK.
 * It changes nothing, and what it saw confirmed the broker was told as well.
 */
export interface Tap extends AsyncDisposable {
  readonly port: number;
  /** Payloads of QoS 1 messages that the client confirmed. */
  readonly confirmed: ReadonlySet<number>;
  /** Messages handed to the client, and those of them that were marked as sent before. */
  readonly sent: number;
  readonly again: number;
  readonly sessions: number;
  /** How often each payload was handed to the client. */
  readonly times: ReadonlyMap<number, number>;
}

export async function startTap(brokerPort: number): Promise<Tap> {
  const sockets = new Set<Socket>();
  const seen = {
    confirmed: new Set<number>(),
    sent: 0,
    again: 0,
    sessions: 0,
    times: new Map<number, number>(),
  };
  const server = createServer((client) => {
    seen.sessions++;
    const broker = connect(brokerPort, '127.0.0.1');
    const payloads = new Map<number, number>();
    const fromBroker = parser({ protocolVersion: 5 });
    fromBroker.on('packet', (packet) => {
      if (packet.cmd !== 'publish') return;
      seen.sent++;
      if (packet.dup) seen.again++;
      const payload = Number(packet.payload.toString());
      payloads.set(packet.messageId ?? 0, payload);
      seen.times.set(payload, (seen.times.get(payload) ?? 0) + 1);
    });
    const fromClient = parser({ protocolVersion: 5 });
    fromClient.on('packet', (packet) => {
      if (packet.cmd !== 'puback') return;
      const payload = payloads.get(packet.messageId ?? 0);
      if (payload === undefined) throw new Error(`PUBACK ${packet.messageId} for a message never sent`);
      seen.confirmed.add(payload);
    });
    join(client, broker, fromClient);
    join(broker, client, fromBroker);
    for (const socket of [client, broker]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return Object.assign(seen, {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  });
}

/** Reads first and passes on then, so that nothing reaches the other side unseen. */
function join(from: Socket, to: Socket, reader: ReturnType<typeof parser>): void {
  from.setNoDelay(true);
  from.on('data', (chunk) => {
    reader.parse(chunk as Buffer);
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('error', () => {});
  from.on('close', () => to.destroy());
}
