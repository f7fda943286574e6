import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Fault, messageOf } from '#kernel/fault.ts';
import { listen } from '#plant/devices/process.ts';
import type { Plant } from '#plant/plant.ts';

export interface ControlServer extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
}

/** Longest request that makes sense here. */
const LIMIT_BYTES = 4096;

/** Lets other terminals of this machine break and mend the plant: `GET /faults`, `POST /fault`, `POST /set`. */
export async function serveControl(plant: Plant): Promise<ControlServer> {
  const token = randomBytes(24).toString('base64url');
  const server = createServer((request, reply) => {
    handle(plant, token, request)
      .then((result) => send(reply, 200, result))
      .catch((error) => sendError(reply, error));
  });
  const port = await listen(server, 0, false);
  return {
    url: `http://127.0.0.1:${port}`,
    token,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function handle(plant: Plant, token: string, request: IncomingMessage): Promise<unknown> {
  if (!allowed(request, token))
    throw new Fault('plant.no-token', 'the token of plant.json is missing or wrong');
  const what = `${request.method} ${request.url}`;
  if (what === 'GET /faults') return plant.faults();
  if (what === 'POST /fault') {
    const { name, on, line, device, overS } = await body(request);
    return plant.fault(String(name), on !== false, {
      ...(line !== undefined && { line: Number(line) }),
      ...(device !== undefined && { device: String(device) }),
      ...(overS !== undefined && { overS: Number(overS) }),
    });
  }
  if (what === 'POST /set') {
    const { line, values } = await body(request);
    plant.set(Number(line), Object(values));
    return {};
  }
  throw new Fault('plant.unknown-request', `the plant does not know ${what}`, { retry: 'never' });
}

function allowed(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function body(request: IncomingMessage): Promise<{ readonly [key: string]: unknown }> {
  let text = '';
  for await (const part of request) {
    text += String(part);
    if (text.length > LIMIT_BYTES) throw new Fault('plant.bad-request', 'the request is too long');
  }
  try {
    return Object(JSON.parse(text));
  } catch (cause) {
    throw new Fault('plant.bad-request', 'the request is no JSON', { cause });
  }
}

function send(reply: ServerResponse, status: number, result: unknown): void {
  reply.writeHead(status, { 'content-type': 'application/json' });
  reply.end(JSON.stringify(result));
}

function sendError(reply: ServerResponse, error: unknown): void {
  const fault = Fault.from(error, 'plant.failed', 'control');
  const status = fault.code === 'plant.no-token' ? 401 : fault.code === 'plant.failed' ? 500 : 400;
  send(reply, status, { code: fault.code, message: messageOf(fault), hint: fault.hint });
}
