import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinTokenText, newJoinSecret, readJoinToken } from './token.ts';

test('a token is read as it was written, with what people copy around it', () => {
  const token = { secret: newJoinSecret(), pin: newJoinSecret() };
  assert.deepEqual(readJoinToken(joinTokenText(token)), token);
  assert.deepEqual(readJoinToken(`  ${joinTokenText(token)}\n`), token);
});

test('half a token, another one and nothing are refused', () => {
  const text = joinTokenText({ secret: newJoinSecret(), pin: newJoinSecret() });
  for (const wrong of [
    '',
    'hfj1',
    text.slice(0, -1),
    text.replace('hfj1', 'hfj2'),
    `${text}A`,
    text.split('.')[1] ?? '',
  ])
    assert.throws(() => readJoinToken(wrong), { code: 'hub.token-form', hint: /as a whole/ });
});
