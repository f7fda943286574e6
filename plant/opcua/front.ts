import { connect, createServer, type Server, type Socket } from 'node:net';

/** How the device's network side behaves. */
export interface FrontFaults {
  silent: boolean;
  slow: boolean;
  garbage: boolean;
}

export interface Front {
  readonly server: Server;
  /** Carries out what has changed in the faults. */
  update(): void;
}

export interface FrontOptions {
  /** Port of the OPC UA server itself, once it is up; asked for by each caller, who waits. */
  readonly serverPort: () => Promise<number>;
  readonly faults: FrontFaults;
  readonly slowMs: number;
}

/**
 * The device's network card, so to speak: there at once while the server behind it does not even start before it is called, and later the place
 * where a broken device breaks.
 */
export function createFront({ serverPort, faults, slowMs }: FrontOptions): Front {
  const relays = new Set<readonly Socket[]>();
  const update = () => {
    for (const pair of relays) for (const socket of pair) faults.silent ? socket.pause() : socket.resume();
  };
  const relay = async (client: Socket) => {
    // Before anything that takes time: a client that goes away meanwhile must not become an exception.
    client.on('error', () => client.destroy());
    client.pause();
    const port = await serverPort();
    if (client.destroyed) return;
    const server = connect({ port, host: '127.0.0.1', noDelay: true });
    const pair = [client, server];
    relays.add(pair);
    const end = () => {
      relays.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) socket.on('close', end).on('error', end);
    client.on('data', (bytes: Buffer) => server.write(bytes));
    server.on('data', answerTo(client, faults, slowMs));
    // Bytes that wait are kept, not lost: what was withheld comes when the device finds its tongue again.
    if (!faults.silent) client.resume();
    else for (const socket of pair) socket.pause();
  };
  return { server: createServer({ noDelay: true }, (client) => void relay(client)), update };
}

function answerTo(client: Socket, faults: FrontFaults, slowMs: number): (bytes: Buffer) => void {
  const chunks = chunkCutter();
  let turn = 0;
  const send = (chunk: Buffer) => {
    if (!client.destroyed) client.write(faults.garbage ? garbled(chunk, turn++) : chunk);
  };
  return (bytes) => {
    for (const chunk of chunks(bytes)) {
      if (faults.slow) setTimeout(send, slowMs, chunk);
      else send(chunk);
    }
  };
}

/** Type, chunk kind and length of a message chunk (OPC UA Part 6, 7.1.2.2). */
const HEADER_BYTES = 8;

function chunkCutter(): (bytes: Buffer) => Buffer[] {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    const chunks: Buffer[] = [];
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    while (rest.length >= HEADER_BYTES) {
      const length = Math.max(rest.readUInt32LE(4), HEADER_BYTES);
      if (rest.length < length) break;
      chunks.push(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    return chunks;
  };
}

/** Chunks that nobody can read, in turn: an unknown type, a body turned over, a length that lies. */
function garbled(chunk: Buffer, turn: number): Buffer {
  const broken = Buffer.from(chunk);
  if (turn % 3 === 0) broken.write('XYZ', 0, 'latin1');
  else if (turn % 3 === 1)
    for (let i = HEADER_BYTES; i < broken.length; i++) broken[i] = ~(broken[i] ?? 0) & 0xff;
  else broken.writeUInt32LE(0x7fff_ffff, 4);
  return broken;
}
