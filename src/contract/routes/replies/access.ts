import * as z from 'zod';
import { ROLES } from '#kernel/rights.ts';
import { ms, us } from './common.ts';

const role = z.enum(ROLES);
const areas = z.array(z.string()).exactOptional().describe('Paths; absent: the whole site.');

export const Me = z.strictObject({
  name: z.string(),
  role,
  areas,
  via: z.enum(['local', 'session', 'token', 'panel']).describe('How he is known.'),
});

export const UserView = z.strictObject({ name: z.string(), role, areas, createdUs: us, changedUs: us });

export const SessionView = z.strictObject({
  id: z.string(),
  name: z.string(),
  role: role.describe('That holds now.'),
  areas,
  from: z.string().describe('Address that signed in.'),
  createdUs: us,
  idleMs: ms.describe('Since its last request.'),
  isOwn: z.boolean().describe('Whether it is the one that asks.'),
});

export const TokenView = z.strictObject({
  name: z.string(),
  role,
  areas,
  by: z.string().describe('Who made it.'),
  createdUs: us,
  leftMs: z.number().exactOptional().describe('Until it ends; not above 0: it has. Absent: it has no end.'),
});

export const NewToken = z.strictObject({
  token: z.string().describe('Goes into the header `authorization: Bearer …`. It stands nowhere else.'),
});

export const NewCode = z.strictObject({ code: z.string().describe('Opens once. It stands nowhere else.') });
