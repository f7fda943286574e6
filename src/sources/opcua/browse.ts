import type { ClientSession, ReferenceDescription } from 'node-opcua-client';
import { Fault } from '#kernel/fault.ts';
import type { Found } from '#plugin/api.ts';
import { opcuaFault } from '#wire/opcua/faults.ts';
import { describe, type Met } from './describe.ts';
import { below, type Step, startsOf } from './from.ts';
import type { OperationLimits } from './limits.ts';
import { plain } from './node-text.ts';
import { HAS_PROPERTY, HIERARCHICAL, referencesOf } from './references.ts';
import { Slices } from './slices.ts';
import { TypeTree } from './type-tree.ts';

export type BrowseSession = Pick<ClientSession, 'browse' | 'browseNext' | 'read' | 'readNamespaceArray'>;

/** Bits of NodeClass (OPC UA Part 3, 8.29). */
const OBJECT = 1;
const VARIABLE = 2;
const METHOD = 4;

const NO_TAGS: ReadonlyMap<string, string> = new Map();
const SERVER = 'ns=0;i=2253';
/** Conditions, settings of the history, alias names (types of OPC UA Part 6, A.1): nothing of the process is below. */
const PASSED_OVER = ['ns=0;i=2782', 'ns=0;i=2318', 'ns=0;i=23456'];
/** Met in one walk, so that memory has a bound; beyond it people name where to begin. */
const MOST_NODES = 200_000;

/**
 * Walks what lies below `from`, depth first, one request at a time. The Server object is passed over unless `from`
 * names it; conditions, which come as events, and settings of the server's history are too. A circle of references
 * is walked once. A method that several objects share is told below each of them: it is called on one.
 * @param from a node (`ns=2;s=Line1`, `nsu=…;s=Line1`) or a path of browse names below Objects; absent: all of it
 * @param tags paths of tags by the node that they read, as this session calls it
 * @throws Fault `opcua.browse` when `from` is not there, or the tree is too large for one walk; others when the
 *   session is lost
 */
export async function* browse(
  session: BrowseSession,
  limits: Pick<OperationLimits, 'browse' | 'read'>,
  from: string | undefined,
  signal: AbortSignal,
  tags: ReadonlyMap<string, string> = NO_TAGS,
): AsyncIterable<Found> {
  try {
    yield* walkFrom(session, limits, from, signal, tags);
  } catch (error) {
    signal.throwIfAborted();
    throw opcuaFault(error, 'browse');
  }
}

async function* walkFrom(
  session: BrowseSession,
  limits: Pick<OperationLimits, 'browse' | 'read'>,
  from: string | undefined,
  signal: AbortSignal,
  tags: ReadonlyMap<string, string>,
): AsyncIterable<Found> {
  const walk: Walk = {
    session,
    signal,
    tags,
    browsing: new Slices(limits.browse),
    reading: new Slices(limits.read),
    namespaces: await session.readNamespaceArray(),
    types: new TypeTree(session, new Slices(limits.browse), signal),
    seen: new Set(),
  };
  const ahead = (await startsOf(walk, from)).reverse(); // the last one is next
  for (const { node } of ahead) walk.seen.add(node);
  walk.seen.add(SERVER); // where it is the start itself, it is on its way already
  while (ahead.length > 0) {
    signal.throwIfAborted();
    const steps = ahead.splice(-walk.browsing.most).reverse();
    const met = await look(walk, steps, ahead);
    yield* describe(walk, met);
  }
}

export interface Walk {
  readonly session: BrowseSession;
  readonly signal: AbortSignal;
  /** By the node that they read. */
  readonly tags: ReadonlyMap<string, string>;
  readonly browsing: Slices;
  readonly reading: Slices;
  /** URIs by index, as this session has them. */
  readonly namespaces: readonly string[];
  readonly types: TypeTree;
  /** Nodes met so far, by their id; methods with the id of the object before. */
  readonly seen: Set<string>;
}

/** Browses the nodes of one slice: their children go ahead, their properties tell of them. */
async function look(walk: Walk, steps: readonly Step[], ahead: Step[]): Promise<Met[]> {
  const { session, browsing, signal } = walk;
  const which = { type: HIERARCHICAL, classes: OBJECT | VARIABLE | METHOD };
  const nodes = steps.map(({ node }) => node);
  const references = await referencesOf(session, nodes, which, browsing, signal);
  const met: Met[] = [];
  const children: Step[] = [];
  for (const [i, step] of steps.entries()) {
    const properties = new Map<string, string>();
    for (const reference of references[i] ?? []) {
      const isProperty = plain(reference.referenceTypeId) === HAS_PROPERTY;
      // What a variable or a method says of itself is no tag; what an object says (a serial number) is one.
      if (isProperty && step.kind !== OBJECT) {
        properties.set(reference.browseName.name ?? '', plain(reference.nodeId));
      } else if (await isNew(walk, step.node, reference)) children.push(below(step, reference));
    }
    if (step.kind !== OBJECT) met.push({ ...step, isMethod: step.kind === METHOD, properties });
  }
  ahead.push(...children.reverse());
  return met;
}

async function isNew(walk: Walk, parent: string, reference: ReferenceDescription): Promise<boolean> {
  const node = plain(reference.nodeId);
  const met = reference.nodeClass === METHOD ? `${parent} ${node}` : node;
  if (walk.seen.has(met) || isElsewhere(reference)) return false;
  if (walk.seen.size >= MOST_NODES) {
    throw new Fault('opcua.browse', `there are more than ${MOST_NODES} nodes`, {
      retry: 'never',
      hint: 'Begin deeper: name a folder, such as Plant/Line1.',
    });
  }
  walk.seen.add(met);
  if (reference.nodeClass !== OBJECT) return true;
  return !(await walk.types.isAny(plain(reference.typeDefinition), PASSED_OVER));
}

/** On another server (OPC UA Part 4, 7.16, serverIndex). */
const isElsewhere = (reference: ReferenceDescription): boolean => (reference.nodeId.serverIndex ?? 0) > 0;
