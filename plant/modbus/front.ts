import { connect, createServer, type Server, type Socket } from 'node:net';
import { answer, frameCutter, garbler } from '#plant/modbus/frames.ts';

/** How the device's network side behaves. */
export interface FrontFaults {
  silent: boolean;
  slow: boolean;
  garbage: boolean;
}

export interface FrontOptions {
  /** Where the Modbus server itself listens. */
  readonly serverPort: number;
  readonly faults: FrontFaults;
  readonly slowMs: number;
  /** Function 22, which the server library does not know. @returns exception code, or undefined when done */
  readonly maskWrite: (unit: number, at: number, andMask: number, orMask: number) => number | undefined;
}

const MASK_WRITE = 0x16;

/**
 * The device's network card, so to speak: passes frames to the Modbus server and back, and does with them what a
 * broken device does. The protocol itself stays the server library's.
 */
export function createFront(options: FrontOptions): Server {
  return createServer({ noDelay: true }, (client) => relay(client, options));
}

function relay(client: Socket, options: FrontOptions): void {
  const server = connect({ port: options.serverPort, host: '127.0.0.1', noDelay: true });
  const requests = frameCutter();
  const replies = frameCutter();
  const garble = garbler();
  const { faults, slowMs } = options;

  const reply = (frame: Buffer) => {
    if (faults.silent || client.destroyed) return;
    client.write(faults.garbage ? garble(frame) : frame);
  };
  const later = (frame: Buffer) => {
    if (faults.slow) setTimeout(reply, slowMs, frame);
    else reply(frame);
  };
  client.on('data', (bytes: Buffer) => {
    for (const frame of requests(bytes)) {
      if (faults.silent) continue;
      if (frame[7] === MASK_WRITE) later(maskWrite(frame, options));
      else server.write(frame);
    }
  });
  server.on('data', (bytes: Buffer) => {
    for (const frame of replies(bytes)) later(frame);
  });
  const end = () => {
    client.destroy();
    server.destroy();
  };
  for (const socket of [client, server]) socket.on('close', end).on('error', end);
}

/** Modbus Application Protocol 1.1b3, 6.16. The normal answer is the request itself. */
function maskWrite(frame: Buffer, options: FrontOptions): Buffer {
  const exception = (code: number) => answer(frame, Buffer.from([MASK_WRITE | 0x80, code]));
  if (frame.length !== 14) return exception(3);
  const code = options.maskWrite(
    frame[6] as number,
    frame.readUInt16BE(8),
    frame.readUInt16BE(10),
    frame.readUInt16BE(12),
  );
  return code === undefined ? frame : exception(code);
}
