import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientSession } from 'node-opcua-client';
import { readLimits } from './limits.ts';

/** A server that takes so many nodes in one reading. */
function serverOf(most: number) {
  const asked: number[] = [];
  const read = async (nodes: readonly { readonly nodeId: string }[]) => {
    asked.push(nodes.length);
    if (nodes.length > most) throw new Error('BadTooManyOperations');
    return nodes.map(({ nodeId }) => ({ value: { value: nodeId === 'ns=0;i=11705' ? 500 : null } }));
  };
  return { asked, session: { read } as unknown as Pick<ClientSession, 'read'> };
}

test('the limits are read in one request, and those that are not named are none', async () => {
  const { asked, session } = serverOf(100);
  const limits = await readLimits(session, AbortSignal.timeout(1000));
  assert.deepEqual([asked, limits.read, limits.browse], [[7], 500, 0]);
});

test('a server that bears less than that is asked for less', async () => {
  const { asked, session } = serverOf(1);
  const limits = await readLimits(session, AbortSignal.timeout(1000));
  assert.deepEqual([asked, limits.read], [[7, 3, 1, 1, 1, 1, 1, 1, 1], 500]);
});
