import type { Endpoint, Point, SourceDef } from '#plugin/api.ts';
import { Address } from './address.ts';
import { check } from './check.ts';
import { Config } from './config.ts';

/** OPC UA: subscriptions with queues, chosen security, values of all types; methods are called by writing. */
export const opcua: SourceDef<typeof Config, typeof Address> = {
  kind: 'opcua',
  config: Config,
  address: Address,
  check: (config, points) => check(config, points as readonly Point<Address>[]),
  secondSession: true,
  endpoints: ({ url, alternatives }) => [url, ...alternatives].map(endpointOf),
  // Of the four steps at a server three may take all of their time; with the default that is what others have.
  openMs: ({ connectTimeoutMs, requestsPerS }) =>
    Math.max(LEAST_OPEN_MS, LONG_STEPS * connectTimeoutMs) + (OPEN_REQUESTS * 1000) / requestsPerS,
  // The library behind it is loaded by the sites that use it, not by the check of a site file.
  async open(config, deps, signal) {
    const { openSource } = await import('./source.ts');
    return openSource(config, deps, signal);
  },
  async *explain(config, deps, signal) {
    const { explain } = await import('./explain.ts');
    yield* explain(config, deps, signal);
  },
};

const DEFAULT_PORT = 4840;
const LEAST_OPEN_MS = 15_000;
const LONG_STEPS = 3;
/** Until a session stands, at the address before it too: each waits for its turn. */
const OPEN_REQUESTS = 20;

function endpointOf(text: string): Endpoint {
  const { hostname, port } = new URL(text);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? DEFAULT_PORT : Number(port) };
}
