import { type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Dialled } from './dial.ts';

export interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
}

/** Answers of a hub are small; what is more is none. */
const MOST_BYTES = 256 * 1024;
/** A site that was told nonsense must not stay away for long. */
const MOST_AFTER_S = 300;

/**
 * Asks one thing over a connection, which is closed then.
 * @returns the body @throws Fault as the hub says it, or `hub.unreachable`; the signal's reason when aborted
 */
export async function askHub(dialled: Dialled, question: Question, signal: AbortSignal): Promise<string> {
  try {
    return await textOf(await responseOf(dialled, question, signal));
  } finally {
    dialled.socket.destroy();
  }
}

/**
 * As {@link askHub}, for who reads the answer as it comes, however long it is; the connection closes with it.
 * @throws Fault as the hub says it, or `hub.unreachable`; the signal's reason when aborted
 */
export async function responseOf(
  { socket }: Dialled,
  question: Question,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { body = '', headers } = question;
  const length = { 'content-length': String(Buffer.byteLength(body)) };
  try {
    const answer = await answered(socket, { ...question, body, headers: { ...headers, ...length } }, signal);
    if (answer.kind === 'upgrade') throw brokenOff('it talks of something else');
    const { statusCode = 0 } = answer.response;
    if (statusCode >= 200 && statusCode < 300) {
      // By itself it would not, through a proxy.
      answer.response.once('close', () => socket.destroy());
      return answer.response;
    }
    throw problemIn(await textOf(answer.response), answer.response);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

export interface Upgraded {
  readonly socket: Duplex;
  /** What came with the answer already. */
  readonly head: Buffer;
}

/**
 * Turns a connection into that of a protocol (RFC 9110, 7.8).
 * @throws Fault as the hub says it, or `hub.unreachable`; the signal's reason when aborted
 */
export async function upgradeHub(
  { socket }: Dialled,
  { path, protocol, headers }: { readonly path: string; readonly protocol: string; readonly headers: object },
  signal: AbortSignal,
): Promise<Upgraded> {
  const wanted = { ...headers, connection: 'Upgrade', upgrade: protocol };
  try {
    const answer = await answered(socket, { method: 'GET', path, headers: wanted }, signal);
    if (answer.kind === 'upgrade') return answer;
    throw problemIn(await textOf(answer.response), answer.response);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

type Answer =
  | { readonly kind: 'response'; readonly response: IncomingMessage }
  | ({ readonly kind: 'upgrade' } & Upgraded);

function answered(
  socket: Duplex,
  { method, path, headers, body }: Question,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({
      method,
      path,
      headers: { host: 'hub', ...headers },
      createConnection: () => socket,
    });
    const onAbort = () => {
      asked.destroy();
      reject(signal.reason);
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const done = (answer: Answer) => {
      signal.removeEventListener('abort', onAbort);
      resolve(answer);
    };
    // Not once: what comes after an answer must not end the process.
    asked.on('error', (cause) => reject(signal.aborted ? signal.reason : brokenOff(messageOf(cause), cause)));
    asked.once('response', (response) => done({ kind: 'response', response }));
    asked.once('upgrade', (_response, upgraded, head) => done({ kind: 'upgrade', socket: upgraded, head }));
    asked.end(body);
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw new Error('the answer does not end');
      chunks.push(chunk);
    }
  } catch (cause) {
    throw brokenOff(messageOf(cause), cause);
  }
  return Buffer.concat(chunks).toString();
}

const brokenOff = (why: string, cause?: unknown): Fault =>
  new Fault('hub.unreachable', `the hub broke off: ${why}`, { hint: 'its log tells more', cause });

/** What the hub answers as problem details (RFC 9457) is our fault, too; it may be tried again where time mends it. */
function problemIn(text: string, { statusCode: status = 0, headers }: IncomingMessage): Fault {
  const afterMs = afterMsIn(headers['retry-after']);
  const retry = status >= 500 || status === 409 || status === 429 ? 'backoff' : 'never';
  try {
    const { title, detail, hint } = JSON.parse(text);
    if (typeof title === 'string' && typeof detail === 'string')
      return new Fault(title, detail, {
        retry,
        ...(afterMs !== undefined && { afterMs }),
        ...(typeof hint === 'string' && { hint }),
      });
  } catch {
    // no problem details: then something else answered
  }
  return new Fault('hub.unreachable', `the hub answered ${status}`, {
    retry,
    hint: 'Is it a hub that listens there?',
  });
}

/** In seconds (RFC 9110, 10.2.3), which many are told at once: within the last one each comes at another moment. */
function afterMsIn(text: string | undefined): number | undefined {
  const seconds = Number(text);
  return text !== undefined && Number.isFinite(seconds) && seconds >= 0
    ? (Math.min(seconds, MOST_AFTER_S) + Math.random()) * 1000
    : undefined;
}
