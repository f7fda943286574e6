import { type AccessOptions, openAccounts } from '#cli/access/accounts.ts';
import { duration } from '#cli/duration.ts';
import { age, dim, red, table } from '#cli/text.ts';
import type { Role } from '#kernel/rights.ts';

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const DAY_MS = 86_400_000;

/** Prints the token alone on standard output, so that it can go into a file. */
export async function create(
  options: AccessOptions & {
    readonly name: string;
    readonly role: Role;
    readonly area?: readonly string[];
    readonly expires?: string;
  },
): Promise<void> {
  const { name, role, area: areas, expires, json } = options;
  const validForMs = expires === undefined ? undefined : duration(expires, '--expires');
  const accounts = await openAccounts(options);
  const token = await accounts.createToken({
    name,
    role,
    areas,
    ...(validForMs !== undefined && { validForMs }),
  });
  print(json ? JSON.stringify({ token }, null, 2) : token);
  process.stderr.write(`${dim('It stands nowhere else. Programs send it as "Authorization: Bearer …".')}\n`);
}

export async function list(options: AccessOptions): Promise<void> {
  const tokens = await (await openAccounts(options)).tokens();
  if (options.json) return print(JSON.stringify(tokens, null, 2));
  if (tokens.length === 0) return print('no tokens');
  const left = (ms: number | undefined) =>
    ms === undefined
      ? 'never'
      : ms <= 0
        ? red('has ended')
        : `in ${ms > 2 * DAY_MS ? `${Math.floor(ms / DAY_MS)} days` : age(ms)}`;
  const rows = tokens.map(({ name, role, areas, by, leftMs }) => [
    name,
    role,
    areas?.join(', ') ?? 'the whole site',
    by,
    left(leftMs),
  ]);
  print(table(['name', 'role', 'of', 'by', 'ends'], rows));
}

export async function revoke(name: string, options: AccessOptions): Promise<void> {
  await (await openAccounts(options)).revokeToken(name);
  print(options.json ? '{}' : `${name} is revoked`);
}
