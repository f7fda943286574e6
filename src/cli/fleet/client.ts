import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { proxyTo } from '#cli/fleet/proxy.ts';
import { faultOf, nextIn, partsOf, pathOf } from '#cli/transport.ts';
import type { Call, Transport } from '#contract/client.ts';
import { FleetApi } from '#contract/fleet-client.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { responseOf } from '#trust/hub/ask.ts';
import { dialHub } from '#trust/hub/dial.ts';
import { fleetTokenPin } from '#trust/hub/token.ts';

export interface HubOptions {
  /** `https://host:port`. */
  readonly hub?: string;
  /** File that holds the token. */
  readonly tokenFile?: string;
}

/** For an answer, from dialling to its end; lines may take as long as they take. */
const ANSWER_MS = 60_000;

/**
 * The API of a hub, over connections to the hub that the token is for, and to no other.
 * @throws Fault `cli.usage`, `hub.token-form`
 */
export async function fleetApi({
  hub = process.env.HOLDFAST_HUB_URL,
  tokenFile,
}: HubOptions): Promise<FleetApi> {
  if (hub === undefined || hub === '')
    throw missing('which hub? --hub is missing', 'https://HOST:8443, or in HOLDFAST_HUB_URL');
  const token = tokenFile === undefined ? process.env.HOLDFAST_HUB_TOKEN : await inFile(tokenFile);
  if (token === undefined || token === '')
    throw missing(
      'there is no token',
      'in HOLDFAST_HUB_TOKEN, or a file with --token-file; `holdfast hub token create` makes one',
    );
  return new FleetApi(hubTransport(hub, token));
}

/** @throws Fault `hub.token-form` */
export function hubTransport(hub: string, token: string): Transport {
  const pin = fleetTokenPin(token);
  const proxy = proxyTo(hub);
  const ask = async (call: Call, next?: string, patience?: AbortSignal): Promise<IncomingMessage> => {
    const { method, body } = call;
    const signals = [call.signal, patience].filter((one) => one !== undefined);
    const signal = AbortSignal.any(signals);
    const response = await responseOf(
      await dialHub({ hub, pin, proxy }, signal),
      {
        method,
        path: next ?? pathOf(call),
        headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      },
      signal,
    );
    return response.setEncoding('utf8');
  };
  const whole = async (call: Call, next?: string) => {
    const response = await ask(call, next, AbortSignal.timeout(ANSWER_MS));
    return { text: await text(response), link: response.headers.link };
  };
  return {
    json: async <T>(call: Call) => JSON.parse((await whole(call)).text) as T,
    text: async (call) => (await whole(call)).text,
    async page<T>(call: Call, next?: string) {
      const answer = await whole(call, next);
      return { items: JSON.parse(answer.text) as readonly T[], next: nextIn(String(answer.link ?? '')) };
    },
    async *lines<T>(call: Call) {
      for await (const part of partsOf(await ask(call), '\n')) {
        const line = JSON.parse(part);
        if ('fault' in line) throw faultOf(line.fault);
        yield line as T;
      }
    },
    stream: () => {
      throw new Fault('cli.usage', 'a hub streams nothing');
    },
    bytes: (call) => bytesOf(ask(call)),
  };
}

async function* bytesOf(response: Promise<IncomingMessage>): AsyncIterable<Uint8Array> {
  for await (const part of await response) yield Buffer.from(part);
}

async function inFile(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw missing(`--token-file: ${messageOf(cause)}`, 'a file that holds the token and nothing else');
  }
}

const missing = (what: string, hint: string): Fault => new Fault('cli.usage', what, { retry: 'never', hint });
