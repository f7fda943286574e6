import type { BrowseResult, ClientSession, ReferenceDescription } from 'node-opcua-client';
import type { Slices } from './slices.ts';

/** Node ids of the standard's own reference types (OPC UA Part 6, A.1). */
export const HIERARCHICAL = 'ns=0;i=33';
export const HAS_SUBTYPE = 'ns=0;i=45';
export const HAS_PROPERTY = 'ns=0;i=46';
export const HAS_COMPONENT = 'ns=0;i=47';

const ALL_FIELDS = 63;
const NO_POINT_LEFT = 'BadNoContinuationPoints';

export type Browser = Pick<ClientSession, 'browse' | 'browseNext'>;

export interface Which {
  readonly type: string;
  /** From the child to its parents. */
  readonly inverse?: boolean;
  /** Bits of NodeClass (OPC UA Part 3, 8.29); 0 for all. */
  readonly classes?: number;
}

/**
 * The references of every node, in the order of the nodes, however many answers a server makes of them. A node that is
 * gone or not allowed has none. One request at a time.
 */
export async function referencesOf(
  session: Browser,
  nodes: readonly string[],
  which: Which,
  slices: Slices,
  signal: AbortSignal,
): Promise<ReferenceDescription[][]> {
  const descriptions = nodes.map((nodeId) => ({
    nodeId,
    referenceTypeId: which.type,
    browseDirection: which.inverse ? 1 : 0,
    includeSubtypes: true,
    nodeClassMask: which.classes ?? 0,
    resultMask: ALL_FIELDS,
  }));
  const found: ReferenceDescription[][] = [];
  await slices.all(
    descriptions,
    async (slice) => {
      const results = await session.browse(slice);
      const { references, without } = await follow(session, results, signal);
      // A server has few continuation points: those that got none are asked for alone, once the others are done.
      for (const i of without) {
        const alone = await session.browse([slice[i] as (typeof slice)[number]]);
        references[i] = (await follow(session, alone, signal)).references[0] ?? [];
      }
      found.push(...references);
      return slice;
    },
    signal,
  );
  return found;
}

/** Gathers what a server hands out in parts (OPC UA Part 4, 5.9.3). */
async function follow(
  session: Browser,
  results: readonly BrowseResult[],
  signal: AbortSignal,
): Promise<{ references: ReferenceDescription[][]; without: number[] }> {
  const references = results.map((result) => [...(result.references ?? [])]);
  const without = results.flatMap(({ statusCode }, i) => (statusCode.name === NO_POINT_LEFT ? [i] : []));
  let open = results.flatMap(({ continuationPoint }, i) =>
    continuationPoint?.length ? [{ i, continuationPoint }] : [],
  );
  while (open.length > 0) {
    const points = open.map(({ continuationPoint }) => continuationPoint);
    if (signal.aborted) {
      await session.browseNext(points, true);
      throw signal.reason;
    }
    const answers = await session.browseNext(points, false);
    open = open.flatMap(({ i }, k) => {
      const answer = answers[k];
      references[i]?.push(...(answer?.references ?? []));
      const next = answer?.continuationPoint;
      return next?.length ? [{ i, continuationPoint: next }] : [];
    });
  }
  return { references, without };
}
