import type { Pool, PoolClient } from 'pg';
import { labelsFit } from '#contract/fleet/labels.ts';
import { Fault } from '#kernel/fault.ts';
import { glob } from '#kernel/glob.ts';

/** Tags that are kept as plain rows as well. */
export interface Choice {
  readonly name: string;
  /** Patterns of paths: `*` stands for any text. */
  readonly tags: readonly string[];
  /** Label expression; absent: all sites. */
  readonly sites?: string;
}

export interface KeptChoice extends Choice {
  readonly by: string;
  readonly made: Date;
  /** What came since then is still being copied. */
  readonly fillFrom?: Date;
}

interface Row {
  readonly name: string;
  readonly tags: string[];
  readonly sites: string | null;
  readonly fill_from: Date | null;
  readonly by: string;
  readonly made: Date;
}

export async function choices(client: Pick<PoolClient, 'query'>): Promise<KeptChoice[]> {
  const { rows } = await client.query<Row>('SELECT * FROM chosen_tags ORDER BY name');
  return rows.map(({ name, tags, sites, fill_from: fillFrom, by, made }) => ({
    ...{ name, tags, by, made },
    ...(sites !== null && { sites }),
    ...(fillFrom && { fillFrom }),
  }));
}

/** @param fillFrom what came since then is copied, too @throws Fault `hub.usage` */
export async function addChoice(
  pool: Pool,
  { name, tags, sites }: Choice,
  { by, fillFrom }: { readonly by: string; readonly fillFrom?: Date | undefined },
): Promise<void> {
  const { rowCount } = await pool.query(
    `INSERT INTO chosen_tags (name, tags, sites, fill_from, by) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
    [name, tags, sites ?? null, fillFrom ?? null, by],
  );
  if (rowCount === 1) return;
  throw new Fault('hub.usage', `there is a choice ${name} already`, {
    retry: 'never',
    hint: 'remove it first: what was copied stays',
  });
}

/** What was copied stays until it is too old. @throws Fault `hub.usage` */
export async function removeChoice(pool: Pool, name: string): Promise<void> {
  const { rowCount } = await pool.query('DELETE FROM chosen_tags WHERE name = $1', [name]);
  if (rowCount === 1) return;
  throw new Fault('hub.usage', `there is no choice ${name}`, {
    retry: 'never',
    hint: '`holdfast hub rows list` lists them',
  });
}

/** Whether a tag of a site with these labels is chosen; undefined: none of them is. */
export function chosenAt(
  all: readonly Choice[],
  labels: Readonly<Record<string, string>>,
): ((path: string) => boolean) | undefined {
  const here = all.filter(({ sites }) => sites === undefined || labelsFit(sites, labels));
  if (here.length === 0) return undefined;
  const patterns = here.flatMap(({ tags }) => tags).map(glob);
  return (path) => patterns.some((fits) => fits(path));
}
