import { isIPv4, isIPv6 } from 'node:net';
import * as z from 'zod';
import { Fault } from '#kernel/fault.ts';

/** As many as a /22 has: what a person may have meant to ask, and a controller network bears. */
const MOST_HOSTS = 1024;
/** RFC 1123, 2.1; underscores because machines have them. */
const NAME =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i;
/** Digits and dots alone are an address with a slip, never a name. */
const NUMBERS = /^[\d.]+$/;

/** The field `hosts` of a range that discovery asks; see {@link hostsOf}. */
export const Hosts = z
  .array(z.string().min(1))
  .min(1)
  .describe(
    'Names, addresses, ranges such as 10.0.0.5-10.0.0.40, or networks such as 10.0.0.0/24 (at most /22).',
  );

/**
 * Every host that people named, each once, in their order. A network is its addresses without those of the network
 * itself and of the broadcast.
 * @throws Fault `discover.range` with what to write instead
 */
export function hostsOf(texts: readonly string[]): readonly string[] {
  const hosts = new Set<string>();
  for (const text of texts.flatMap((one) => one.split(',')).map((one) => one.trim())) {
    for (const host of expanded(text)) hosts.add(host);
    if (hosts.size > MOST_HOSTS) throw tooMany(texts.join(' '), hosts.size);
  }
  return [...hosts];
}

/** As it stands in a URL: IPv6 addresses in brackets. */
export const urlHost = (host: string): string => (isIPv6(host) ? `[${host}]` : host);

function* expanded(text: string): Iterable<string> {
  const network = /^(.+)\/(\d{1,3})$/.exec(text);
  const span = /^([\d.]+)\s*-\s*([\d.]+)$/.exec(text);
  if (network) yield* inNetwork(text, network[1] ?? '', Number(network[2]));
  else if (span) yield* between(text, span[1] ?? '', span[2] ?? '');
  else if (isIPv4(text) || isIPv6(text)) yield text;
  else if (NAME.test(text) && !NUMBERS.test(text)) yield text;
  else if (text.includes(':') && !isIPv6(text))
    throw wrong(text, 'is neither a host nor an address', 'give ports with --port, not behind the host');
  else throw wrong(text, 'is neither a host, an address, a range nor a network', EXAMPLES);
}

function* inNetwork(text: string, address: string, bits: number): Iterable<string> {
  if (isIPv6(address))
    throw wrong(
      text,
      'is an IPv6 network: too large to be asked one by one',
      'name the addresses themselves',
    );
  if (!isIPv4(address) || bits > 32) throw wrong(text, 'is no network', EXAMPLES);
  const size = 2 ** (32 - bits);
  if (size > MOST_HOSTS) throw tooMany(text, size);
  const first = numberOf(address) - (numberOf(address) % size);
  const inner = bits <= 30 ? 1 : 0;
  for (let i = inner; i < size - inner; i++) yield addressOf(first + i);
}

function* between(text: string, from: string, to: string): Iterable<string> {
  if (!isIPv4(from) || !isIPv4(to))
    throw wrong(text, 'is no range of addresses', 'write both ends in full: 10.0.0.5-10.0.0.40');
  const [first, last] = [numberOf(from), numberOf(to)];
  if (first > last) throw wrong(text, 'ends before it begins', `write ${to}-${from}`);
  if (last - first >= MOST_HOSTS) throw tooMany(text, last - first + 1);
  for (let i = first; i <= last; i++) yield addressOf(i);
}

const numberOf = (address: string): number =>
  address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

const addressOf = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');

const EXAMPLES = 'write plc1, 10.0.0.7, 10.0.0.5-10.0.0.40 or 10.0.0.0/24';

const wrong = (text: string, what: string, hint: string): Fault =>
  new Fault('discover.range', `'${text}' ${what}`, { retry: 'never', hint });

const tooMany = (text: string, count: number): Fault =>
  new Fault('discover.range', `'${text}' names ${count} hosts, more than ${MOST_HOSTS}`, {
    retry: 'never',
    hint: 'ask one part after the other; /22 is the largest network',
  });
