import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '#kernel/fault.ts';
import { faultOf } from './trouble.ts';

const error = (message: string, code?: string) =>
  Object.assign(new Error(message), code !== undefined && { code });

test('a database that is away, starting or full is told as such', () => {
  const away = [
    error('connect ECONNREFUSED /run/.s.PGSQL.5432', 'ECONNREFUSED'),
    error('the database system is starting up', '57P03'),
    error('could not extend file: No space left on device', '53100'),
    error('Connection terminated unexpectedly'),
    error('Client has encountered a connection error and is not queryable'),
  ];
  for (const one of away) assert.equal(faultOf(one).code, 'hub.database', one.message);
});

test('a mistake of ours stays one, and a fault itself', () => {
  assert.equal(faultOf(error('column "x" does not exist', '42703')).code, 'api.internal');
  assert.equal(faultOf(error('x is not a function')).code, 'api.internal');
  const fault = new Fault('hub.token', 'no');
  assert.equal(faultOf(fault), fault);
});
