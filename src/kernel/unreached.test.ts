import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unreached, unreachedText } from '#kernel/unreached.ts';

const error = (code: string, message: string) => Object.assign(new Error(message), { code });

test('what the system says of a connection is said in words, with what to do, and itself at the end', () => {
  const refused = error('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:25');
  assert.equal(
    unreachedText('the mail server 127.0.0.1:25', refused),
    'the mail server 127.0.0.1:25 refused the connection: the host is there, and nothing listens on this port. Is the service on, and is this its port? Some devices refuse when all their connections are taken. (connect ECONNREFUSED 127.0.0.1:25)',
  );
});

test('the code of the system is found in the words of a library, and in an error without words', () => {
  const cases = [
    [error('ESOCKET', 'connect ECONNREFUSED 127.0.0.1:25'), /^it refused .* \(connect ECONNREFUSED/],
    [error('EDNS', 'getaddrinfo ENOTFOUND mail.plant'), /^it has a name that nobody knows/],
    [
      error('ETIMEDOUT', 'Greeting never received'),
      /^it did not answer in time.* \(Greeting never received\)$/,
    ],
    [error('ECONNREFUSED', ''), /^it refused .* \(ECONNREFUSED\)$/],
    [error('ESOCKET', 'self-signed certificate'), /over TLS.* \(self-signed certificate\)$/],
  ] as const;
  for (const [one, said] of cases) assert.match(unreachedText('it', one), said);
});

test('of what says nothing of a connection nothing is made up', () => {
  assert.equal(unreached(new Error('535 EAUTH failed')), undefined);
  assert.equal(unreachedText('it', new Error('no room')), 'it: no room');
});
