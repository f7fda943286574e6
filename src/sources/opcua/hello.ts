import * as net from 'node:net';
import { Fault } from '#kernel/fault.ts';
import { Asking } from '#wire/opcua/asking.ts';
import type { Share } from '#wire/opcua/budget.ts';
import { opcuaFault } from '#wire/opcua/faults.ts';

/** What a server said to a Hello: how large it takes messages, in bytes; 0 where it names no limit. */
export interface Acknowledged {
  readonly protocolVersion: number;
  readonly receiveBytes: number;
  readonly sendBytes: number;
  readonly mostMessageBytes: number;
  readonly mostChunks: number;
}

/** Longest waits, in ms: a server that has taken the connection may need longer than one needs to take it. */
export interface HelloLimits {
  readonly connectMs: number;
  readonly answerMs: number;
}

const HEAD_BYTES = 8;
const ACK_BYTES = 28;
const BUFFER_BYTES = 65_535;
/** An error message is no longer than this (OPC UA Part 6, 7.1.5.2). */
const MOST_BYTES = HEAD_BYTES + 8 + 4096;

/**
 * Connects, says Hello, and hangs up once it is acknowledged (OPC UA Part 6, 7.1.2.3): the least that tells an OPC UA
 * server from everything else.
 * @param share of the server's budget: it is one request
 * @throws Fault `opcua.refused`, `opcua.timeout` …; `opcua.no-opcua` when what answers speaks something else
 */
export async function hello(
  url: string,
  share: Share,
  { connectMs, answerMs }: HelloLimits,
  signal: AbortSignal,
): Promise<Acknowledged> {
  await share.turn(new Asking('read', { signal }));
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = net.connect({ host, port: Number(port || 4840) });
  const late = new AbortController();
  const endAfter = (ms: number, didNot: string) =>
    setTimeout(() => late.abort(lateFault(`${url} did not ${didNot} within ${ms} ms`)), ms);
  let timer = endAfter(connectMs, 'take the connection');
  socket.once('connect', () => {
    clearTimeout(timer);
    timer = endAfter(answerMs, 'answer the Hello');
  });
  try {
    const either = AbortSignal.any([signal, late.signal]);
    const answer = await exchange(socket, helloMessage(url), either);
    return acknowledged(answer, url);
  } catch (error) {
    signal.throwIfAborted();
    if (error === late.signal.reason) throw error;
    throw opcuaFault(error, url);
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

const lateFault = (message: string): Fault =>
  new Fault('opcua.timeout', message, {
    hint: `The server hangs or is overloaded, or something else listens there. ${NOT_OPCUA}`,
  });

function helloMessage(url: string): Buffer {
  const text = Buffer.from(url);
  const message = Buffer.alloc(HEAD_BYTES + 24 + text.length);
  message.write('HELF', 0, 'latin1');
  message.writeUInt32LE(message.length, 4);
  message.writeUInt32LE(BUFFER_BYTES, 12);
  message.writeUInt32LE(BUFFER_BYTES, 16);
  message.writeInt32LE(text.length, 28);
  text.copy(message, 32);
  return message;
}

/** Sends one message and gathers the one that answers it. */
function exchange(socket: net.Socket, message: Buffer, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let got = Buffer.alloc(0);
    const onAbort = () => reject(signal.reason);
    const done = () => signal.removeEventListener('abort', onAbort);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', () => socket.write(message));
    socket.on('data', (bytes) => {
      got = Buffer.concat([got, bytes as Buffer]);
      if (got.length < HEAD_BYTES) return;
      const kind = got.toString('latin1', 0, 4);
      const length = got.readUInt32LE(4);
      if ((kind !== 'ACKF' && kind !== 'ERRF') || length > MOST_BYTES || got.length >= length) {
        done();
        resolve(got);
      }
    });
    socket.once('error', (error) => {
      done();
      reject(error);
    });
    socket.once('close', () => {
      done();
      reject(new Fault('opcua.no-opcua', 'the connection was closed without an answer', { hint: NOT_OPCUA }));
    });
  });
}

const NOT_OPCUA = 'Is this the port of the OPC UA server? It usually is 4840.';

function acknowledged(answer: Buffer, url: string): Acknowledged {
  const kind = answer.toString('latin1', 0, 4);
  if (kind === 'ACKF' && answer.length >= ACK_BYTES) {
    const [protocolVersion = 0, receiveBytes = 0, sendBytes = 0, mostMessageBytes = 0, mostChunks = 0] =
      Array.from({ length: 5 }, (_, i) => answer.readUInt32LE(HEAD_BYTES + i * 4));
    return { protocolVersion, receiveBytes, sendBytes, mostMessageBytes, mostChunks };
  }
  if (kind === 'ERRF' && answer.length >= HEAD_BYTES + 8) {
    const code = answer.readUInt32LE(HEAD_BYTES).toString(16);
    const said = answer.subarray(HEAD_BYTES + 8).toString('utf8');
    throw new Fault('opcua.hello-refused', `${url} refuses the Hello: 0x${code} ${said}`, {
      hint: 'Check the path of the url: a server may know several.',
    });
  }
  throw new Fault('opcua.no-opcua', `${url}: what answers there is no OPC UA server`, { hint: NOT_OPCUA });
}
