import type { Gap } from '#kernel/gap.ts';
import type { TagInfo } from '#kernel/tag-table.ts';
import type { Delivery, Source } from '#plugin/api.ts';
import { sparkplug } from '#sources/sparkplug/sparkplug.ts';
import { type Row, rowsOf, type TestDeps, type TestPoint, testDeps } from './mqtt-site.ts';

/** A host's dependencies, as the site gives them. */
export function hostDeps(points: readonly TestPoint[], mode: 'live' | 'shadow' = 'live'): TestDeps {
  const base = testDeps([], mode);
  return { ...base, id: 'cells', points: points.map((point) => pointOf(base, point)) };
}

export const pointOf = ({ table }: Pick<TestDeps, 'table'>, { address, ...info }: TestPoint) => ({
  tag: table.declare({ type: 'number', access: 'read', ...info }),
  address: sparkplug.address.parse(address),
});

/** A point of the edge node that the tests play, unless said otherwise. */
export const metric = (path: string, name: string, more: Partial<TagInfo> & { device?: string } = {}) => {
  const { device, ...info } = more;
  return {
    path,
    ...info,
    address: { group: 'plant', node: 'cell', ...(device !== undefined && { device }), metric: name },
  };
};

/** Opens the host as the supervisor does. */
export async function openHost(
  url: string,
  deps: TestDeps,
  config: object = {},
): Promise<Source<never> & AsyncDisposable> {
  const parsed = sparkplug.config.parse({ url, hostId: 'site', ...config });
  return (await sparkplug.open(parsed, deps, AbortSignal.timeout(8000))) as Source<never>;
}

export interface Read {
  readonly rows: Row[];
  readonly late: Row[];
  readonly gaps: Gap[];
}

/** Reads until the condition holds for all that was read. */
export async function readUntil(
  source: Source<never>,
  deps: TestDeps,
  enough: (read: Read) => boolean,
  read: Read = { rows: [], late: [], gaps: [] },
): Promise<Read> {
  const signal = AbortSignal.timeout(8000);
  while (!enough(read)) {
    const { batch, gaps = [] }: Delivery = await source.read(signal);
    (batch.late ? read.late : read.rows).push(...rowsOf(batch, deps.table));
    read.gaps.push(...gaps);
  }
  return read;
}

/** Reads until so many rows of now are there. */
export const readRows = async (source: Source<never>, deps: TestDeps, count: number): Promise<Row[]> =>
  (await readUntil(source, deps, ({ rows }) => rows.length >= count)).rows;

/** The value of a row; its quality where that is not good. */
export const brief = (rows: readonly Row[]) =>
  rows.map(({ tag, value, quality }) => [tag, quality === 'good' ? value : quality]);
