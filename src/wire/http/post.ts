import type { IncomingMessage } from 'node:http';
import * as https from 'node:https';
import type { LookupFunction } from 'node:net';

export interface Reply {
  readonly status: number;
  readonly location: string | undefined;
  readonly retryAfterS: number | undefined;
}

/** How far a request came when it failed: only what never left may count as not done. */
export class PostError extends Error {
  readonly sent: boolean;

  constructor(cause: Error, sent: boolean) {
    super(cause.message || String(cause), { cause });
    this.sent = sent;
  }
}

/** Most of an answer that is read; nobody looks at it, but a connection is only kept once it was read. */
const MOST_REPLY_BYTES = 64 * 1024;

/**
 * One POST, redirects not followed.
 * @param lookup finds addresses of names; the system's own when absent
 * @throws PostError
 */
export function post(
  url: URL,
  headers: { readonly [name: string]: string },
  body: Buffer,
  ca: Buffer | undefined,
  signal: AbortSignal,
  lookup?: LookupFunction,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    // Importing node:http as a module would read all of its exports, and thereby load fetch and WebSocket: 10 MB.
    const client = url.protocol === 'https:' ? https : process.getBuiltinModule('node:http');
    let connected = false;
    const request = client.request(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': String(body.length) },
      signal,
      rejectUnauthorized: true, // said here, so that no environment variable can take it away
      ...(ca && { ca }),
      ...(lookup && { lookup }),
    });
    request.on('socket', (socket) => {
      const event = url.protocol === 'https:' ? 'secureConnect' : 'connect';
      if (socket.connecting) socket.once(event, () => (connected = true));
      else connected = true;
    });
    request.on('error', (error) => reject(new PostError(error, connected)));
    request.on('response', (response) => {
      drain(response);
      resolve(replyOf(response));
    });
    request.end(body);
  });
}

function drain(response: IncomingMessage): void {
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MOST_REPLY_BYTES) response.destroy();
  });
  response.on('error', () => {}); // the status was all that matters
}

function replyOf(response: IncomingMessage): Reply {
  const retryAfter = Number(response.headers['retry-after']);
  return {
    status: response.statusCode ?? 0,
    location: response.headers.location,
    retryAfterS: Number.isFinite(retryAfter) && retryAfter >= 0 ? retryAfter : undefined,
  };
}
