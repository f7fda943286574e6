import { once } from 'node:events';
import * as net from 'node:net';

const LINKTYPE_RAW = 101;

/** Bytes of one record, so that they fit an IPv4 packet. */
const MOST_BYTES = 60_000;

interface Segment {
  /** Which of the connections, from 0. */
  readonly connection: number;
  readonly up: boolean;
  readonly bytes: Buffer;
}

/** What went from `from` to `to` as a capture file: IPv4 and TCP headers around the bytes as they were sent. */
function pcap(segments: readonly Segment[]): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65_535, 16);
  head.writeUInt32LE(LINKTYPE_RAW, 20);
  const nexts: { up: number; down: number }[] = [];
  const records = segments.map(({ connection, up, bytes }, i) => {
    nexts[connection] ??= { up: 1, down: 1 };
    const next = nexts[connection];
    const near = 50_000 + connection;
    const ip = Buffer.alloc(40);
    ip.writeUInt8(0x45, 0);
    ip.writeUInt16BE(40 + bytes.length, 2);
    ip.writeUInt8(64, 8);
    ip.writeUInt8(6, 9);
    ip.writeUInt32BE(up ? 0x0a000001 : 0x0a000002, 12);
    ip.writeUInt32BE(up ? 0x0a000002 : 0x0a000001, 16);
    ip.writeUInt16BE(up ? near : 1883, 20);
    ip.writeUInt16BE(up ? 1883 : near, 22);
    ip.writeUInt32BE(up ? next.up : next.down, 24);
    ip.writeUInt32BE(up ? next.down : next.up, 28);
    ip.writeUInt16BE(0x5018, 32);
    ip.writeUInt16BE(65_535, 34);
    next[up ? 'up' : 'down'] += bytes.length;
    const record = Buffer.alloc(16);
    record.writeUInt32LE(i, 0);
    record.writeUInt32LE(ip.length + bytes.length, 8);
    record.writeUInt32LE(ip.length + bytes.length, 12);
    return Buffer.concat([record, ip, bytes]);
  });
  return Buffer.concat([head, ...records]);
}

/** A TCP proxy before a broker or server that keeps what is said, for tshark. */
export interface Tap extends AsyncDisposable {
  readonly port: number;
  /** All so far as a capture file; the broker or server is at port 1883 there. */
  capture(): Buffer;
}

export async function startTap(to: number): Promise<Tap> {
  const segments: Segment[] = [];
  const ends: net.Socket[] = [];
  let connections = 0;
  const server = net.createServer((near) => {
    const far = net.connect(to, '127.0.0.1');
    ends.push(
      near.on('error', () => {}),
      far.on('error', () => {}),
    );
    const connection = connections++;
    const keep = (up: boolean) => (bytes: Buffer) => {
      for (let i = 0; i < bytes.length; i += MOST_BYTES)
        segments.push({ connection, up, bytes: bytes.subarray(i, i + MOST_BYTES) });
    };
    near.on('data', keep(true)).pipe(far);
    far.on('data', keep(false)).pipe(near);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as net.AddressInfo).port,
    capture: () => pcap(segments),
    async [Symbol.asyncDispose]() {
      for (const end of ends) end.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
