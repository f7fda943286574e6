import * as z from 'zod';
import { ROLES } from '#kernel/rights.ts';

const name = z.string().min(1).max(100).describe('Name of a user.');
/** Longer ones are refused by their own rule, with its reason. */
const password = z.string().min(1).max(1000);
const code = z.string().min(1).max(100).describe('As it was printed; small letters and spaces do no harm.');
const role = z.enum(ROLES);
const by = z
  .string()
  .min(1)
  .max(100)
  .default('local')
  .describe('Who does it; taken from the command line only.');
const areas = z
  .array(z.string().regex(/^[^/]+(\/[^/]+)*$/, 'a path such as hall/line2, without a slash at its ends'))
  .min(1)
  .max(100)
  .describe('Paths of areas, lines or assets; the whole site when absent.');

export const SignInRequest = z.strictObject({ name, password });

export const FirstRequest = z.strictObject({ code, name, password });

export const CodeRequest = z.strictObject({ code });

export const OwnPasswordRequest = z.strictObject({
  present: password.describe('The one that holds now.'),
  next: password,
});

export const AddUserRequest = z.strictObject({ name, role, areas: areas.optional(), password, by });

export const RightsRequest = z.strictObject({ name, role, areas: areas.optional(), by });

export const PasswordRequest = z.strictObject({ name, password, by });

export const UserRequest = z.strictObject({ name, by });

export const EndSessionRequest = z.strictObject({
  id: z.string().min(1).max(40).describe('As the list of sessions names it.'),
  by,
});

export const TokenRequest = z.strictObject({
  name: z.string().min(1).max(100).describe('What it is for, such as grafana.'),
  role,
  areas: areas.optional(),
  validForMs: z
    .number()
    .positive()
    .max(10 * 366 * 86_400e3)
    .optional()
    .describe('Ends after this long; never when absent.'),
  by,
});

export const RevokeRequest = z.strictObject({
  name: z.string().min(1).max(100).describe('Name of a token.'),
  by,
});

export const BreakGlassRequest = z.strictObject({ by });

export const StopRequest = z.strictObject({
  why: z.string().trim().min(1).max(500).default('stopped at the panel'),
});
