import type { Clock } from '#kernel/clock.ts';
import { connectTcp } from '#platform/tcp.ts';
import { type Link, type LinkCounts, RtuLink, TcpLink } from '#wire/modbus/link.ts';

export interface DialOptions {
  readonly host: string;
  readonly port: number;
  readonly transport: 'tcp' | 'rtu-over-tcp';
  /** RTU: silence after a time-out before the next request. */
  readonly settleMs: number;
}

/** Time for the connection itself, which has nothing to do with how fast the device answers. */
const CONNECT_MS = 5000;

/** @throws Fault of `connectTcp` */
export async function dial(
  options: DialOptions,
  clock: Clock,
  counts: LinkCounts,
  signal: AbortSignal,
): Promise<Link> {
  const { host, port } = options;
  const socket = await connectTcp({ host, port, timeoutMs: CONNECT_MS }, signal);
  if (options.transport === 'tcp') return new TcpLink(socket, clock, counts);
  return new RtuLink(socket, clock, counts, options.settleMs);
}
