import { IDENTIFY_PDU, type Identify, identificationProblem } from './identification.ts';

/*
 * Requests of a Modbus client and the answers to them, without any transport.
 * MODBUS Application Protocol Specification V1.1b3, section 6 (function codes) and section 7 (exceptions).
 */

export type ReadCode = 1 | 2 | 3 | 4;

/** Addresses are 0-based, as they are on the wire. `data` holds registers as big-endian bytes. */
export type Request =
  | { readonly code: ReadCode; readonly address: number; readonly count: number }
  | { readonly code: 5; readonly address: number; readonly on: boolean }
  | { readonly code: 6; readonly address: number; readonly data: Uint8Array }
  | { readonly code: 15; readonly address: number; readonly bits: readonly boolean[] }
  | { readonly code: 16; readonly address: number; readonly data: Uint8Array }
  | { readonly code: 22; readonly address: number; readonly and: number; readonly or: number };

/** What a response PDU means for the request that it answers. */
export type Reply =
  /**
   * Bytes of a read: registers big-endian, or bits packed from the lowest bit of the first byte. Of an identification
   * the whole PDU.
   */
  | { readonly kind: 'data'; readonly data: Uint8Array }
  | { readonly kind: 'written' }
  | { readonly kind: 'exception'; readonly code: number }
  /** Not an answer to this request, whatever it is. */
  | { readonly kind: 'garbage'; readonly reason: string };

/** Most of one read (6.1 and 6.3 of the specification). */
export const MAX_READ_BITS = 2000;
export const MAX_READ_REGISTERS = 125;
/** Most registers of one write (6.12). */
export const MAX_WRITE_REGISTERS = 123;

export function encodeRequest(request: Request | Identify): Uint8Array {
  if (request.code === 43) return IDENTIFY_PDU;
  const { code, address } = request;
  switch (code) {
    case 5:
      return head(5, code, address, request.on ? 0xff00 : 0);
    case 6: {
      const [high = 0, low = 0] = request.data;
      return head(5, code, address, (high << 8) | low);
    }
    case 15: {
      const packed = packBits(request.bits);
      return withBytes(head(6 + packed.length, code, address, request.bits.length), packed);
    }
    case 16:
      return withBytes(head(6 + request.data.length, code, address, request.data.length / 2), request.data);
    case 22: {
      const pdu = head(7, code, address, request.and);
      pdu.set([request.or >>> 8, request.or & 0xff], 5);
      return pdu;
    }
    default:
      return head(5, code, address, request.count);
  }
}

/** Code, address and one more word: how every request of ours begins. */
function head(length: number, code: number, address: number, word: number): Uint8Array {
  const pdu = new Uint8Array(length);
  pdu.set([code, address >>> 8, address & 0xff, word >>> 8, word & 0xff]);
  return pdu;
}

function withBytes(pdu: Uint8Array, bytes: Uint8Array): Uint8Array {
  pdu[5] = bytes.length;
  pdu.set(bytes, 6);
  return pdu;
}

function packBits(bits: readonly boolean[]): Uint8Array {
  const packed = new Uint8Array(Math.ceil(bits.length / 8));
  for (let i = 0; i < bits.length; i++) {
    if (bits[i]) packed[i >> 3] = (packed[i >> 3] as number) | (1 << (i & 7));
  }
  return packed;
}

/** Length of the response PDU that this request gets when all goes well; an exception is 2 bytes. */
export function replyLength(request: Request): number {
  switch (request.code) {
    case 1:
    case 2:
      return 2 + Math.ceil(request.count / 8);
    case 3:
    case 4:
      return 2 + 2 * request.count;
    case 22:
      return 7;
    default:
      return 5;
  }
}

/** Reads a response PDU. Never throws; whatever does not answer the request to the last byte is garbage. */
export function decodeReply(request: Request | Identify, pdu: Uint8Array): Reply {
  const code = pdu[0];
  if (code === (request.code | 0x80) && pdu.length === 2)
    return { kind: 'exception', code: pdu[1] as number };
  if (code !== request.code) return garbage(`function ${code} where ${request.code} was asked`);
  if (request.code === 43) {
    const problem = identificationProblem(pdu);
    return problem === undefined ? { kind: 'data', data: pdu } : garbage(problem);
  }
  const length = replyLength(request);
  if (pdu.length !== length) return garbage(`${pdu.length} bytes where ${length} answer the request`);
  if (request.code <= 4) {
    if (pdu[1] !== length - 2) return garbage(`byte count ${pdu[1]} where ${length - 2} was asked`);
    return { kind: 'data', data: pdu.subarray(2) };
  }
  // A write is answered by an echo of its first bytes (6.5, 6.6, 6.11, 6.12, 6.16).
  const sent = encodeRequest(request);
  for (let i = 0; i < length; i++) {
    if (pdu[i] !== sent[i]) return garbage('the echo differs from what was written');
  }
  return { kind: 'written' };
}

const garbage = (reason: string): Reply => ({ kind: 'garbage', reason });

/** Section 7 of the specification. */
export const Exception = {
  illegalFunction: 1,
  illegalAddress: 2,
  illegalValue: 3,
  deviceFailure: 4,
  acknowledge: 5,
  busy: 6,
  memoryParity: 8,
  gatewayPath: 10,
  gatewayTarget: 11,
} as const;

const EXCEPTION_NAMES = new Map<number, string>([
  [1, 'illegal function'],
  [2, 'illegal data address'],
  [3, 'illegal data value'],
  [4, 'device failure'],
  [5, 'acknowledge: still working on it'],
  [6, 'device busy'],
  [8, 'memory parity error'],
  [10, 'gateway path unavailable'],
  [11, 'gateway target failed to respond'],
]);

export const exceptionText = (code: number): string =>
  `exception ${code}, ${EXCEPTION_NAMES.get(code) ?? 'not in the specification'}`;
