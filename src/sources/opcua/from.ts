import type { ReferenceDescription } from 'node-opcua-client';
import { Fault } from '#kernel/fault.ts';
import { isNodeId, type PathStep, pathSteps } from './address.ts';
import type { Walk } from './browse.ts';
import { indexed, plain } from './node-text.ts';
import { HIERARCHICAL, referencesOf } from './references.ts';

const OBJECTS = 'ns=0;i=85';
/** Of NodeClass (OPC UA Part 3, 8.29). */
const OBJECT = 1;
const METHOD = 4;
const NODE_CLASS = 2;
const BROWSE_NAME = 3;
/** Levels above a node that are looked at for its place. */
const HIGHEST = 20;

/** A node on the way, and how it was come by. */
export interface Step {
  readonly node: string;
  readonly name: string;
  /** NodeClass. */
  readonly kind: number;
  readonly parent: string;
  /** Names from below Objects down to it. */
  readonly place: readonly string[];
}

/**
 * One place, or of a method that several objects share, one below each of them.
 * @throws Fault `opcua.browse` when there is no such node
 */
export async function startsOf(walk: Walk, from: string | undefined): Promise<Step[]> {
  const root: Step = { node: OBJECTS, name: 'Objects', kind: OBJECT, parent: '', place: [] };
  if (from === undefined || from === '') return [root];
  if (isNodeId(from)) return startAt(walk, from);
  let step = root;
  for (const wanted of pathSteps(from)) {
    // A circle must not lead up and then over everything beside the start.
    walk.seen.add(step.node);
    step = await down(walk, step, wanted, from);
  }
  return [step];
}

async function down(walk: Walk, parent: Step, wanted: PathStep, from: string): Promise<Step> {
  const children = await parentsOrChildren(walk, parent.node, false);
  const child = children.find(({ browseName }) => {
    const { name, namespaceIndex } = browseName;
    return name === wanted.name && (wanted.namespace ?? namespaceIndex) === namespaceIndex;
  });
  if (child) return below(parent, child);
  const names = children.map(({ browseName }) => browseName.name).slice(0, 20);
  throw new Fault(
    'opcua.browse',
    `${from}: there is no ${wanted.name} below ${parent.place.join('/') || 'Objects'}`,
    {
      retry: 'never',
      hint: names.length > 0 ? `There are: ${names.join(', ')}.` : 'Nothing is below it for this user.',
    },
  );
}

export function below(parent: Step, reference: ReferenceDescription): Step {
  const name = reference.browseName.name ?? '';
  return {
    node: plain(reference.nodeId),
    name,
    kind: reference.nodeClass,
    parent: parent.node,
    place: [...parent.place, name],
  };
}

async function startAt(walk: Walk, from: string): Promise<Step[]> {
  const node = indexed(from, walk.namespaces);
  if (node === undefined) {
    throw new Fault('opcua.browse', `${from}: the server has no such namespace`, {
      retry: 'never',
      hint: `It has: ${walk.namespaces.join(', ')}.`,
    });
  }
  const asked = [NODE_CLASS, BROWSE_NAME].map((attributeId) => ({ nodeId: node, attributeId }));
  const [kind, browseName] = await walk.reading.all(asked, (slice) => walk.session.read(slice), walk.signal);
  if (typeof kind?.value.value !== 'number') {
    throw new Fault('opcua.browse', `${from}: the server has no such node (${kind?.statusCode.name})`, {
      retry: 'never',
      hint: 'Browse without a start to see what there is.',
    });
  }
  const name = String((browseName?.value.value as { name?: string } | null)?.name ?? '');
  if (node === OBJECTS) return [{ node, name, kind: OBJECT, parent: '', place: [] }];
  const start = { node, name, kind: kind.value.value };
  if (start.kind === METHOD) return belowEach(walk, start);
  const above = await placeAbove(walk, node);
  return [{ ...start, parent: above.parent, place: [...above.names, name] }];
}

/** Below its objects; types, which have it as well, are no machines. */
async function belowEach(walk: Walk, method: Pick<Step, 'node' | 'name' | 'kind'>): Promise<Step[]> {
  const above = await parentsOrChildren(walk, method.node, true);
  const objects = above.filter(({ nodeClass }) => nodeClass === OBJECT);
  const steps: Step[] = [];
  for (const { nodeId, browseName } of objects.length > 0 ? objects : above.slice(0, 1)) {
    const parent = plain(nodeId);
    const { names } = await placeAbove(walk, parent);
    const own = parent === OBJECTS ? [] : [browseName.name ?? ''];
    steps.push({ ...method, parent, place: [...names, ...own, method.name] });
  }
  return steps;
}

/** The first way up to Objects; where there is none, as far as it goes. */
async function placeAbove(walk: Walk, node: string): Promise<{ names: string[]; parent: string }> {
  const names: string[] = [];
  let at = node;
  let parent = '';
  for (let level = 0; level < HIGHEST; level++) {
    const [above] = await parentsOrChildren(walk, at, true);
    if (!above) break;
    at = plain(above.nodeId);
    walk.seen.add(at);
    if (parent === '') parent = at;
    if (at === OBJECTS) break;
    names.unshift(above.browseName.name ?? '');
  }
  return { names, parent };
}

async function parentsOrChildren(
  walk: Walk,
  node: string,
  inverse: boolean,
): Promise<ReferenceDescription[]> {
  const which = { type: HIERARCHICAL, inverse };
  const [references] = await referencesOf(walk.session, [node], which, walk.browsing, walk.signal);
  return references ?? [];
}
