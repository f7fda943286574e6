import type { NodeId } from 'node-opcua-client';

/** `ns=2;s=Line1`, as this session knows it; without the URI that an ExpandedNodeId may bring along. */
export const plain = (node: NodeId): string => `ns=${node.namespace};${idOf(node)}`;

/**
 * `nsu=urn:x;s=Line1`: survives a server that numbers its namespaces anew. The standard's own nodes stay `ns=0`.
 * @param namespaces URIs by index
 */
export function lasting(node: NodeId | string, namespaces: readonly string[]): string {
  const text = typeof node === 'string' ? node : plain(node);
  const [, index = '', id = ''] = /^ns=(\d+);(.*)$/s.exec(text) ?? [];
  const uri = namespaces[Number(index)];
  return index === '0' || !uri ? text : `nsu=${escaped(uri)};${id}`;
}

/**
 * `nsu=urn:x;s=A` with the index that the namespace has in this session; other node ids as they are.
 * @returns undefined for a namespace that the server does not have
 */
export function indexed(text: string, namespaces: readonly string[]): string | undefined {
  const [, uri, id] = /^nsu=([^;]+);(.*)$/s.exec(text) ?? [];
  if (uri === undefined) return text.startsWith('ns=') ? text : `ns=0;${text}`;
  const index = namespaces.indexOf(uri.replaceAll('%3B', ';').replaceAll('%25', '%'));
  return index < 0 ? undefined : `ns=${index};${id}`;
}

/** OPC UA Part 6, 5.1.12: semicolons and percent signs of the URI are escaped. */
const escaped = (uri: string): string => uri.replaceAll('%', '%25').replaceAll(';', '%3B');

/** The part behind the namespace: `i=85`, `s=Line1`, `g=…`, `b=…` (OPC UA Part 6, 5.3.1.10). */
function idOf({ identifierType, value }: NodeId): string {
  if (identifierType === 1) return `i=${value}`;
  if (identifierType === 2) return `s=${value}`;
  if (identifierType === 3) return `g=${value}`;
  return `b=${(value as Buffer).toString('base64')}`;
}
