import type { Socket } from 'node:net';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Share } from './budget.ts';

/** What is used of the library's way of TCP; its public types leave it out. */
interface Transport {
  _socket: Socket | null;
  _on_socket_data(bytes: Buffer): void;
  _on_message_chunk_received(chunk: Buffer): void;
  connect(url: string, done: (error?: Error | null) => void): void;
  write(chunk: Buffer, done?: (error?: Error | null) => void): void;
}
/** When a connection may say what is no request: a Hello, and what opens, renews and closes a channel. */
export interface Pacing {
  readonly share: Share;
  /** Told of each message of these that has left. */
  left?(): void;
}
export interface TransportFactory {
  create(settings: object): Transport;
}

/** What may follow the answer to a Hello (OPC UA Part 6, 6.7.2.2, 7.1.2.2). */
const OPENED: ReadonlySet<string> = new Set(['OPN', 'MSG', 'CLO', 'ERR']);
const TYPE_BYTES = 3;

/**
 * The library's TCP, with what it leaves open: bytes that it cannot read would end the process; an Acknowledge in the
 * midst of a secured channel would switch its security off, so that whoever stands in between may slip in messages of
 * his own (Part 6, 7.1.2.2: it is answered to a Hello, and only there); and a line on which nothing happens for the
 * time of a connect would be taken for a lost one, though the server may keep silent for longer.
 * @param pacing each connection takes two turns, one for its Hello and one to open its channel
 * @param broken told once, of a peer whose connection was cut because of what it sent
 */
export async function safeTransport(
  url: string,
  broken: (fault: Fault) => void,
  pacing: Pacing,
): Promise<TransportFactory> {
  const { defaultClientTransportFactory: plain } = await import('node-opcua-transport');
  return {
    create(settings) {
      const transport = plain.create(settings) as unknown as Transport;
      const cut = (fault: Fault) => {
        broken(fault);
        transport._socket?.destroy(fault);
      };
      const read = transport._on_socket_data.bind(transport);
      transport._on_socket_data = (bytes) => {
        try {
          read(bytes);
        } catch (error) {
          cut(error instanceof Fault ? error : garbage(url, messageOf(error)));
        }
      };
      const take = transport._on_message_chunk_received.bind(transport);
      let isAcknowledged = false;
      transport._on_message_chunk_received = (chunk) => {
        const type = chunk.toString('latin1', 0, TYPE_BYTES);
        if (isAcknowledged && !OPENED.has(type)) throw slippedIn(url, type);
        isAcknowledged = true;
        take(chunk);
        transport._socket?.setTimeout(0);
      };
      pace(transport, pacing);
      return transport;
    },
  };
}

function pace(transport: Transport, { share, left }: Pacing): void {
  const connect = transport.connect.bind(transport);
  const write = transport.write.bind(transport);
  let isOpened = false;
  transport.connect = (url, done) => {
    // Whoever wanted the channel may have gone meanwhile, and the library takes no late one.
    const gone = () => (transport._socket ? undefined : new Error('given up'));
    const open = () => share.turn().then(() => done(gone()), done);
    const greet = (answered: () => void) =>
      connect(url, (error) => {
        answered();
        if (error) return done(error);
        left?.();
        void open();
      });
    share.ask(greet, done);
  };
  transport.write = (chunk, done) => {
    const type = chunk.toString('latin1', 0, TYPE_BYTES);
    if (type === 'OPN' || type === 'CLO') {
      if (isOpened) share.charge();
      isOpened = true;
      left?.();
    }
    write(chunk, done);
  };
}

const garbage = (url: string, why: string): Fault =>
  new Fault('opcua.garbage', `${url} sent what cannot be read: ${why}`, {
    hint: 'Something else than an OPC UA server may answer there; the connection was cut and is opened again.',
  });

const slippedIn = (url: string, type: string): Fault =>
  new Fault(
    'opcua.garbage',
    `${url} sent ${JSON.stringify(type)} in an open channel, where it has no place`,
    {
      hint: 'Somebody in between may be meddling with the connection; it was cut and is opened again.',
    },
  );
