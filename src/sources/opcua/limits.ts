import type { ClientSession } from 'node-opcua-client';

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

/** Reads them one by one: nobody knows yet how many may be asked for at once. */
export async function readLimits(
  session: Pick<ClientSession, 'read'>,
  signal: AbortSignal,
): Promise<OperationLimits> {
  const limits: Record<string, number> = {};
  for (const [name, node] of Object.entries(NODES)) {
    signal.throwIfAborted();
    const answer = await session.read({ nodeId: `ns=0;i=${node}`, attributeId: VALUE });
    const value: unknown = answer.value.value;
    limits[name] = typeof value === 'number' ? value : 0;
  }
  return limits as unknown as OperationLimits;
}
