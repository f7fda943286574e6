import type { ClientSession } from 'node-opcua-client';
import { Slices } from './slices.ts';

/** What a server bears in one request (OPC UA Part 5, 6.3.11); 0 where it names no limit. */
export interface OperationLimits {
  readonly read: number;
  readonly write: number;
  readonly browse: number;
  readonly call: number;
  readonly translate: number;
  readonly historyRead: number;
  readonly monitoredItems: number;
}

/** Properties of Server/ServerCapabilities/OperationLimits (OPC UA Part 6, A.1). */
const NODES: Readonly<Record<keyof OperationLimits, number>> = {
  read: 11705,
  write: 11707,
  browse: 11710,
  call: 11709,
  translate: 11712,
  historyRead: 12165,
  monitoredItems: 11714,
};
const VALUE = 13;

/** Reads them at once: they are few. At a server that bears fewer still in slices, as long as it takes. */
export async function readLimits(
  session: Pick<ClientSession, 'read'>,
  signal: AbortSignal,
): Promise<OperationLimits> {
  const asked = Object.values(NODES).map((node) => ({ nodeId: `ns=0;i=${node}`, attributeId: VALUE }));
  const answers = await new Slices().all(asked, (slice) => session.read(slice), signal);
  const limits = Object.keys(NODES).map((name, i) => {
    const value: unknown = answers[i]?.value?.value;
    return [name, typeof value === 'number' ? value : 0];
  });
  return Object.fromEntries(limits) as OperationLimits;
}
