import type { EndpointDescription } from 'node-opcua-client';
import * as z from 'zod';
import { messageOf } from '#kernel/fault.ts';
import type { Deps, Discovered, DiscoveryDef } from '#plugin/api.ts';
import { Hosts, hostsOf, urlHost } from '#plugin/host-range.ts';
import { budgetAt } from '#wire/opcua/budget.ts';
import { fingerprintOf, leafOf } from '#wire/opcua/session.ts';
import { hello } from './hello.ts';
import { askOffers, type Offers } from './offers.ts';
import { bestOf, securityNames } from './security.ts';

const DEFAULT_PORT = 4840;

const Range = z.strictObject({
  hosts: Hosts,
  ports: z
    .array(z.int().min(1).max(65_535))
    .min(1)
    .max(20)
    .default([DEFAULT_PORT])
    .describe('TCP ports to try at each host.'),
  pauseMs: z
    .int()
    .min(20)
    .max(60_000)
    .default(200)
    .describe('Rest between two connections, and between two messages to a server.'),
  timeoutMs: z.int().min(50).max(60_000).default(2000).describe('Longest wait for a connection.'),
  answerMs: z
    .int()
    .min(50)
    .max(60_000)
    .default(10_000)
    .describe('Longest wait for each answer of a server that took it: one that nobody calls may sleep.'),
});
type Range = z.output<typeof Range>;
type Tools = Pick<Deps, 'clock' | 'log'>;

/**
 * Where OPC UA servers listen, and what they offer: one address after the other, never two connections at a time, and
 * no session. Nothing that a server holds is read.
 */
export const opcuaDiscovery: DiscoveryDef<typeof Range> = {
  kind: 'opcua',
  range: Range,
  plan({ hosts, ports, pauseMs, timeoutMs, answerMs }) {
    const count = hostsOf(hosts).length;
    const tries = count * ports.length;
    const where = `${ports.length === 1 ? 'port' : 'ports'} ${ports.join(', ')}`;
    return {
      asks: [
        `one TCP connection to ${where} of ${count} ${count === 1 ? 'host' : 'hosts'}, one after the other, with a Hello (OPC UA Part 6, 7.1.2.3)`,
        'each server that acknowledges it: one more connection with FindServers and GetEndpoints, without security and without a session',
        `${pauseMs} ms between two connections, and between two messages to a server; an address where nobody answers takes ${Math.ceil((timeoutMs + pauseMs) / 1000)} s, one that takes the connection and says nothing ${Math.ceil((answerMs + pauseMs) / 1000)} s`,
      ],
      requests: tries,
      seconds: Math.ceil((tries * pauseMs) / 1000),
    };
  },
  async *run(range, deps, signal) {
    for (const host of hostsOf(range.hosts))
      for (const port of range.ports) yield* atAddress(host, port, range, deps, signal);
  },
};

async function* atAddress(
  host: string,
  port: number,
  { pauseMs, timeoutMs, answerMs }: Range,
  { clock, log }: Tools,
  signal: AbortSignal,
): AsyncIterable<Discovered> {
  const url = `opc.tcp://${urlHost(host)}:${port}`;
  await clock.sleep(pauseMs, signal);
  log.info({}, `${url}: connecting`);
  using share = budgetAt(clock, url).join({ requestsPerS: 1000 / pauseMs, outstanding: 1 });
  try {
    await hello(url, share, { connectMs: timeoutMs, answerMs }, signal);
  } catch (error) {
    signal.throwIfAborted();
    log.info({}, messageOf(error));
    return;
  }
  await clock.sleep(pauseMs, signal);
  try {
    yield foundAt(url, host, port, await askOffers({ url, share, clock }, answerMs, signal));
  } catch (error) {
    signal.throwIfAborted();
    yield { at: url, said: `speaks OPC UA, but does not say what it offers: ${messageOf(error)}` };
  }
}

function foundAt(url: string, host: string, port: number, { servers, endpoints }: Offers): Discovered {
  const name = nameOf(endpoints) ?? nameOfServer(servers);
  const offered = securityNames(endpoints);
  const certificate = endpoints.map(({ serverCertificate }) => leafOf(serverCertificate)).find(Boolean);
  const parts = [
    name ?? 'a server without a name',
    `offers ${offered.join(', ') || 'no endpoint'}`,
    certificate ? `certificate SHA-256 ${fingerprintOf(certificate)}` : 'no certificate',
  ];
  const best = bestOf(endpoints);
  if (!best) return { at: url, said: parts.join('; ') };
  return {
    at: url,
    said: parts.join('; '),
    source: {
      id: idOf(host, port),
      config: { kind: 'opcua', url, ...(best.isDefault ? {} : { security: best.security }) },
    },
  };
}

const nameOf = (endpoints: readonly EndpointDescription[]): string | undefined =>
  endpoints[0]?.server?.applicationName?.text ?? undefined;

const nameOfServer = (servers: Offers['servers']): string | undefined =>
  servers[0]?.applicationName?.text ?? undefined;

/** A name for the site file, from where it is: `opcua-10-0-0-7`. */
const idOf = (host: string, port: number): string =>
  `opcua-${host.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}${port === DEFAULT_PORT ? '' : `-${port}`}`;
