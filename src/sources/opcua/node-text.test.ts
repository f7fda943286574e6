import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isNodeId } from './address.ts';
import { indexed, lasting } from './node-text.ts';

test('a lasting node id leads back to the node, however the namespaces are numbered then', () => {
  const uri = fc.string({ minLength: 1 });
  const uris = fc.uniqueArray(uri, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(uris, fc.nat(), fc.string({ minLength: 1 }), (others, pick, name) => {
      const before = ['http://opcfoundation.org/UA/', ...others];
      const after = [before[0] as string, ...others.toReversed()];
      const index = 1 + (pick % others.length);
      const text = lasting(`ns=${index};s=${name}`, before);
      assert.ok(isNodeId(text));
      const now = after.indexOf(before[index] as string);
      assert.equal(indexed(text, after), `ns=${now};s=${name}`);
    }),
  );
});

test('the standard nodes stay as they are, and an unknown namespace is none', () => {
  assert.equal(lasting('ns=0;i=85', ['x']), 'ns=0;i=85');
  assert.equal(indexed('i=85', []), 'ns=0;i=85');
  assert.equal(indexed('nsu=urn:gone;i=1', ['urn:here']), undefined);
});
