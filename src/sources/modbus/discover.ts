import * as z from 'zod';
import { type Identification, readIdentification } from '#codec/modbus/identification.ts';
import { Exception, exceptionText } from '#codec/modbus/pdu.ts';
import { readWord } from '#codec/modbus/registers.ts';
import { Fault } from '#kernel/fault.ts';
import type { Deps, Discovered, DiscoveryDef } from '#plugin/api.ts';
import { Hosts, hostsOf, urlHost } from '#plugin/host-range.ts';
import { dial } from '#wire/modbus/dial.ts';
import { type Exchange, type Link, TcpLink } from '#wire/modbus/link.ts';

const Range = z.strictObject({
  hosts: Hosts,
  port: z.int().min(1).max(65_535).default(502).describe('TCP port.'),
  units: z
    .string()
    .default('1-10,255')
    .describe('Unit ids to ask at each host: 1-10,255; behind a gateway up to 1-247.'),
  transport: z
    .enum(['tcp', 'rtu-over-tcp'])
    .default('tcp')
    .describe('Modbus TCP, or RTU frames through a transparent serial server.'),
  pauseMs: z.int().min(20).max(60_000).default(200).describe('Rest between two requests to a host.'),
  timeoutMs: z.int().min(20).max(60_000).default(1000).describe('Longest wait for an answer.'),
});
type Range = z.output<typeof Range>;
type Tools = Pick<Deps, 'clock' | 'log'>;

/**
 * Which Modbus units answer: one host after the other, one connection each, one request at a time. Only reads leave:
 * a single register, and the identification of those that answered.
 */
export const modbusDiscovery: DiscoveryDef<typeof Range> = {
  kind: 'modbus',
  range: Range,
  plan(range) {
    const hosts = hostsOf(range.hosts);
    const units = unitsOf(range.units);
    const requests = hosts.length * units.length;
    const each = units.length * (range.pauseMs + range.timeoutMs);
    return {
      asks: [
        `one TCP connection to port ${range.port} of ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}, one after the other`,
        `each unit of ${range.units} (${units.length}): read register 0 once (FC 3; FC 4 where that is not known)`,
        ...(range.transport === 'tcp' ? ['each unit that answers: its identification once (FC 43/14)'] : []),
        `one request at a time, ${range.pauseMs} ms apart; a host where no unit answers takes ${Math.ceil(each / 1000)} s`,
      ],
      requests,
      seconds: Math.ceil((requests * range.pauseMs) / 1000),
    };
  },
  async *run(range, deps, signal) {
    const units = unitsOf(range.units);
    for (const host of hostsOf(range.hosts)) {
      signal.throwIfAborted();
      yield* atHost(host, units, range, deps, signal);
    }
  },
};

async function* atHost(
  host: string,
  units: readonly number[],
  range: Range,
  deps: Tools,
  signal: AbortSignal,
): AsyncIterable<Discovered> {
  const at = `${urlHost(host)}:${range.port}`;
  const counts = { late: 0, garbage: 0 };
  const target = { host, port: range.port, transport: range.transport, settleMs: range.timeoutMs };
  deps.log.info({}, `${at}: connecting`);
  const link = await dial(target, deps.clock, counts, signal).catch((error) => error as Error);
  if (link instanceof Error) {
    signal.throwIfAborted();
    deps.log.info({}, link.message);
    return;
  }
  using ending = new DisposableStack();
  const hangUp = () => link[Symbol.dispose]();
  ending.defer(hangUp);
  // What waits for an answer ends with the connection.
  signal.addEventListener('abort', hangUp, { once: true });
  ending.defer(() => signal.removeEventListener('abort', hangUp));
  const entry = { kind: 'modbus', host, ...(range.port !== 502 && { port: range.port }) };
  const config = { ...entry, ...(range.transport !== 'tcp' && { transport: range.transport }) };
  let answered = 0;
  for (const unit of units) {
    deps.log.info({}, `${at}: unit ${unit}`);
    const said = await ask(link, unit, range, deps, signal);
    signal.throwIfAborted();
    if (said !== undefined) {
      const source = { id: idOf(host), config };
      yield { at: `${at} unit ${unit}`, said, ...(answered++ === 0 && { source }) };
    }
    if (link.dead === undefined) continue;
    const left = units.length - units.indexOf(unit) - 1;
    yield { at, said: `the connection ended: ${link.dead}; ${left} units were not asked` };
    return;
  }
  if (answered === 0) yield { at, said: 'takes connections, but none of these units answers' };
  if (answered === units.length && answered > 2)
    yield { at, said: 'every unit answers: the device probably does not look at the unit id; take 1 or 255' };
}

/** What a unit said; undefined when there is none. An exception is an answer as well, unless a gateway gives it. */
async function ask(
  link: Link,
  unit: number,
  range: Range,
  { clock }: Tools,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { pauseMs, timeoutMs } = range;
  let said: string | undefined;
  for (const code of [3, 4] as const) {
    await clock.sleep(pauseMs, signal);
    const how = await link.exchange(unit, { code, address: 0, count: 1 }, timeoutMs);
    if (!isThere(how)) return said;
    const table = code === 3 ? 'holding' : 'input';
    said =
      how.kind === 'data'
        ? `answers: ${table} register 0 is ${readWord(how.data, 0)}`
        : `answers: ${exceptionText(how.code)} to a read of ${table} register 0`;
    if (how.kind === 'data' || how.code !== Exception.illegalFunction) break;
  }
  // Frames of RTU do not tell how long they are: this answer could not be recognised there.
  if (!(link instanceof TcpLink)) return said;
  await clock.sleep(pauseMs, signal);
  const how = await link.exchange(unit, { code: 43 }, timeoutMs);
  return how.kind === 'data' ? `${nameOf(readIdentification(how.data))}${said}` : said;
}

type There = Extract<Exchange, { readonly kind: 'data' | 'exception' }>;

const isThere = (how: Exchange): how is There =>
  how.kind === 'data' ||
  (how.kind === 'exception' && how.code !== Exception.gatewayPath && how.code !== Exception.gatewayTarget);

function nameOf({ vendor, product, revision }: Identification): string {
  const name = [vendor, product, revision].filter(Boolean).join(' ');
  return name === '' ? '' : `${name}; `;
}

/** @throws Fault `discover.range` */
function unitsOf(text: string): readonly number[] {
  const units = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^\s*(\d{1,3})(?:-(\d{1,3}))?\s*$/.exec(part);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (!match || last > 255 || first > last) throw noUnits(part);
    for (let unit = first; unit <= last; unit++) units.add(unit);
  }
  return [...units];
}

const noUnits = (text: string): Fault =>
  new Fault('discover.range', `'${text}' names no units`, {
    retry: 'never',
    hint: 'write unit ids from 0 to 255, such as 1-10,255',
  });

/** A name for the site file, from where it is: `modbus-10-0-0-9`. */
const idOf = (host: string): string => `modbus-${host.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
