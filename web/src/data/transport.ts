import type { Call, Page, Transport } from '#contract/client.ts';
import { answered, unanswered } from './connection.ts';
import { takeEarly } from './early.ts';
import { linesOf, messagesOf } from './lines.ts';
import { Problem, problemFrom, Unreachable } from './problem.ts';
import { session, sessionEnded } from './session.ts';

/**
 * How questions of this page reach the site that served it. Who the asker is comes with the browser's cookie. A question
 * that meets a session which has ended waits until somebody signs in again, and is asked once more.
 * @throws Problem for what the site refuses @throws Unreachable where no answer comes
 */
export const transport: Transport = {
  json: async <T>(call: Call) => (await (await ask(call)).json()) as T,
  text: async (call) => await (await ask(call)).text(),
  async page<T>(call: Call, next?: string): Promise<Page<T>> {
    const reply = await ask(call, next);
    const [, link] = /<([^>]*)>; rel="next"/.exec(reply.headers.get('link') ?? '') ?? [];
    return { items: (await reply.json()) as readonly T[], next: link };
  },
  async *lines<T>(call: Call) {
    for await (const line of linesOf(await ask(call))) {
      const said = JSON.parse(line) as T & { readonly fault?: Fault };
      if (said.fault) throw problemOfLine(said.fault);
      yield said;
    }
  },
  async *stream<T>(call: Call) {
    for await (const message of messagesOf(await ask(call))) yield message as T;
  },
  async *bytes(call) {
    for await (const part of partsOf(await ask(call))) yield part;
  },
};

interface Fault {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

const problemOfLine = ({ code, message, hint }: Fault): Problem =>
  new Problem({ title: code, status: 200, detail: message, ...(hint !== undefined && { hint }) });

async function* partsOf(reply: Response): AsyncIterable<Uint8Array> {
  const reader = reply.body?.getReader();
  for (let part = await reader?.read(); part?.value; part = await reader?.read()) yield part.value;
}

async function ask(call: Call, next?: string): Promise<Response> {
  try {
    return await askOnce(call, next);
  } catch (error) {
    if (!isEnded(error)) throw error;
    sessionEnded();
    if (session.value.state !== 'ended') throw error;
    await session.until(({ state }) => state !== 'ended', call.signal);
    return await askOnce(call, next);
  }
}

/** 401 also answers a wrong password, which ends no session. */
const isEnded = (error: unknown): boolean => error instanceof Problem && error.code === 'api.unauthorized';

async function askOnce(call: Call, next: string | undefined): Promise<Response> {
  const { method, body, upload, signal } = call;
  const init: RequestInit = { method, signal: signal ?? null };
  if (body)
    Object.assign(init, { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (upload) {
    const parts: BlobPart[] = [];
    for await (const part of upload.bytes) parts.push(part as Uint8Array<ArrayBuffer>);
    Object.assign(init, { headers: { 'content-type': upload.type }, body: new Blob(parts) });
  }
  const reply = await (takeEarly(call) ?? fetch(next ?? urlOf(call), init)).catch((error: unknown) => {
    if (signal?.aborted && !isTooLate(signal.reason)) throw signal.reason;
    unanswered();
    throw new Unreachable(error);
  });
  answered();
  if (!reply.ok) throw await problemFrom(reply);
  return reply;
}

/** Whoever asked waits no longer: for him no answer came. */
const isTooLate = (reason: unknown): boolean =>
  reason instanceof DOMException && reason.name === 'TimeoutError';

function urlOf({ path, query }: Call): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {}))
    for (const one of [value].flat()) if (one !== undefined) given.append(name, String(one));
  return given.size > 0 ? `${path}?${given}` : path;
}
