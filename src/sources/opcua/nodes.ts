import type { ClientSession, ReferenceDescription } from 'node-opcua-client';
import { isNodeId, type PathStep, pathSteps } from './address.ts';
import { indexed, plain } from './node-text.ts';
import { type Browser, HIERARCHICAL, referencesOf } from './references.ts';
import type { Slices } from './slices.ts';

const OBJECTS = 'ns=0;i=85';

/** What a text leads to. */
export interface FoundNode {
  readonly node: string;
  /** The node that the path leads through last; undefined for node ids, which lead through none. */
  readonly above: string | undefined;
}

/** Finds the nodes of addresses in one session: namespaces and node ids may be others in the next one. */
export class Nodes {
  readonly #session: Browser & Pick<ClientSession, 'readNamespaceArray'>;
  readonly #slices: Slices;
  #namespaces: readonly string[] = [];

  constructor(session: Browser & Pick<ClientSession, 'readNamespaceArray'>, slices: Slices) {
    this.#session = session;
    this.#slices = slices;
  }

  /** Node ids of texts that are node ids or paths, undefined for what is not there. */
  async find(texts: readonly string[], signal: AbortSignal): Promise<(string | undefined)[]> {
    return (await this.ways(texts, signal)).map((found) => found?.node);
  }

  /** As `find`, with what lies above: a node that several objects share is told apart by it. */
  async ways(texts: readonly string[], signal: AbortSignal): Promise<(FoundNode | undefined)[]> {
    const uris = texts.some((text) => text.startsWith('nsu='));
    if (uris) this.#namespaces = await this.#session.readNamespaceArray();
    const paths = texts.filter((text) => !isNodeId(text));
    const found = paths.length > 0 ? await this.#walk(paths, signal) : new Map<string, FoundNode>();
    return texts.map((text) => {
      if (!isNodeId(text)) return found.get(text);
      const node = indexed(text, this.#namespaces);
      return node === undefined ? undefined : { node, above: undefined };
    });
  }

  /** Level by level, each node browsed once however many paths go through it. */
  async #walk(paths: readonly string[], signal: AbortSignal): Promise<Map<string, FoundNode>> {
    const found = new Map<string, FoundNode>();
    let open = [...new Set(paths)].map((path) => ({ path, steps: pathSteps(path), at: OBJECTS }));
    for (let depth = 0; open.length > 0; depth++) {
      const parents = [...new Set(open.map(({ at }) => at))];
      const which = { type: HIERARCHICAL };
      const references = await referencesOf(this.#session, parents, which, this.#slices, signal);
      const children = new Map(parents.map((parent, i) => [parent, byName(references[i] ?? [])]));
      open = open.flatMap(({ path, steps, at }) => {
        const node = childOf(children.get(at), steps[depth]);
        if (node === undefined) return [];
        if (depth + 1 < steps.length) return [{ path, steps, at: node }];
        found.set(path, { node, above: at });
        return [];
      });
    }
    return found;
  }
}

type Children = ReadonlyMap<string, readonly { readonly namespace: number; readonly node: string }[]>;

function byName(references: readonly ReferenceDescription[]): Children {
  const children = new Map<string, { namespace: number; node: string }[]>();
  for (const { browseName, nodeId } of references) {
    const one = { namespace: browseName.namespaceIndex, node: plain(nodeId) };
    const name = browseName.name ?? '';
    const same = children.get(name);
    if (same) same.push(one);
    else children.set(name, [one]);
  }
  return children;
}

function childOf(children: Children | undefined, step: PathStep | undefined): string | undefined {
  if (!step) return undefined;
  const named = children?.get(step.name);
  return named?.find(({ namespace }) => step.namespace === undefined || namespace === step.namespace)?.node;
}
