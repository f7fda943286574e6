import { isDeepStrictEqual as isSame } from 'node:util';
import { Fault } from '#kernel/fault.ts';
import type { Deps, Load, Point, Source, SourceDef } from '#plugin/api.ts';
import { Address, type Cell, cellOf } from '#sources/modbus/address.ts';
import { browse } from '#sources/modbus/browse.ts';
import { check } from '#sources/modbus/check.ts';
import { Config } from '#sources/modbus/config.ts';
import { Outbox } from '#sources/modbus/outbox.ts';
import { Poller } from '#sources/modbus/poller.ts';
import { Writer } from '#sources/modbus/writer.ts';
import { Bus } from '#wire/modbus/bus.ts';
import { dial } from '#wire/modbus/dial.ts';
import type { Exchange, Link, LinkCounts } from '#wire/modbus/link.ts';

/** Modbus TCP, and RTU frames over TCP: one connection, the bus rules of the specification and of the trade. */
export const modbus: SourceDef<typeof Config, typeof Address> = {
  kind: 'modbus',
  config: Config,
  address: Address,
  // Many devices serve a handful of connections, and a serial line behind a gateway only one master at a time.
  secondSession: false,
  check,
  endpoints: ({ host, port }) => [{ host, port }],
  async open(config, deps, signal) {
    const counts: LinkCounts = { late: 0, garbage: 0 };
    const target = { ...config, settleMs: config.settleMs ?? config.timeoutMs };
    const connect = (dialling: AbortSignal) => dial(target, deps.clock, counts, dialling);
    return source(config, deps, counts, connect, await connect(signal));
  },
};

function source(
  config: Config,
  deps: Deps,
  counts: LinkCounts,
  connect: (signal: AbortSignal) => Promise<Link>,
  link: Link,
): Source<Config> {
  let present = config;
  let cells = cellsOf(deps.points, config);
  deps.load.caps({ connections: 1, perSecond: config.requestsPerS, outstanding: outstandingOf(config) });
  const out = new Outbox(4096 + 16 * cells.length, () => deps.clock.nowUs());
  const noise = noiseTeller(deps, counts);
  const bus = new Bus(
    busOptions(config),
    {
      clock: deps.clock,
      connect,
      done: (ms, how) => {
        deps.load.request(ms, outcomeOf(how));
        noise();
      },
      unit: (unit, state) => {
        tellUnit(deps, unit, state);
        poller.unit(unit, state);
      },
      failed: (fault) => poller.fail(fault),
    },
    link,
  );
  const poller = new Poller(config, deps, bus, out);
  const writer = new Writer(bus, cells, (cell) => poller.soon(cell));
  poller.plan(cells.filter(isRead), config);
  return {
    read: (signal) => out.read(signal),
    ...(deps.mode === 'live' && { write: (command, signal) => writer.write(command, signal) }),
    browse: (from, signal) => browse(present, unitsOf(cells), bus, deps.clock, from, signal),
    async reconfigure(next, points) {
      if (!isSame(sessionOf(config), sessionOf(next))) return false;
      present = next;
      cells = cellsOf(points, next);
      out.seal(); // what was read until now has the meaning of before
      poller.plan(cells.filter(isRead), next);
      writer.take(cells);
      bus.keepOnly(new Set(cells.map((cell) => cell.unit)));
      return true;
    },
    async [Symbol.asyncDispose]() {
      poller[Symbol.dispose]();
      bus[Symbol.dispose]();
      out.fail(new Fault('modbus.closed', `source ${deps.id} is closed`, { retry: 'never' }));
    },
  };
}

const cellsOf = (points: readonly Point[], config: Config): Cell[] =>
  (points as readonly Point<Address>[]).map(({ tag, address }) => cellOf(tag, address, config.everyMs));

const isRead = (cell: Cell): boolean => cell.tag.access !== 'write';

/** All but what only says which reads there are, and how often. */
function sessionOf({ everyMs: _, blocks: __, maxRegisters: ___, ...session }: Config): object {
  return session;
}

const unitsOf = (cells: readonly Cell[]): number[] =>
  cells.length === 0 ? [1] : [...new Set(cells.map((cell) => cell.unit))];

const outstandingOf = (config: Config): number => (config.transport === 'tcp' ? config.outstanding : 1);

const busOptions = (config: Config) => ({
  outstanding: outstandingOf(config),
  requestsPerS: config.requestsPerS,
  pauseMs: config.pauseMs,
  timeoutMs: config.timeoutMs,
  breaker: {
    failures: config.silentAfter,
    probeMs: config.probeMs,
    probeMaxMs: config.probeMaxMs,
    random: Math.random,
  },
});

function outcomeOf(how: Exchange): Parameters<Load['request']>[1] {
  switch (how.kind) {
    case 'exception':
      return 'refused';
    case 'timeout':
    case 'lost':
      return 'timeout';
    case 'garbage':
      return 'garbage';
    default:
      return 'ok';
  }
}

function tellUnit(deps: Deps, unit: number, state: 'silent' | 'answering'): void {
  deps.event({ kind: 'system', name: `modbus.unit-${state}`, subject: `unit ${unit}` });
}

/** Says once of each kind that answers come late or make no sense; the counts go to the log each time they grow. */
function noiseTeller(deps: Deps, counts: LinkCounts): () => void {
  const told = { late: 0, garbage: 0 };
  const hints = {
    late: 'Answers come after timeoutMs and are dropped: raise it above the slowest answer.',
    garbage: 'Bytes that answer nothing were dropped: check transport, wiring and gateway.',
  };
  return () => {
    for (const kind of ['late', 'garbage'] as const) {
      if (counts[kind] === told[kind]) continue;
      const detail = { count: counts[kind], hint: hints[kind] };
      if (told[kind] === 0) deps.event({ kind: 'system', name: `modbus.${kind}`, subject: deps.id, detail });
      else deps.log.debug(detail, `modbus.${kind}`);
      told[kind] = counts[kind];
    }
  };
}
