/** The last quarter of an hour of a tag as a small line; nothing is drawn where nothing is known. */
export function Spark({
  values,
  limit,
}: {
  readonly values: readonly (number | null)[] | undefined;
  /** What they are held against, as a line across; they begin at 0 then. */
  readonly limit?: number;
}) {
  if (!values || values.every((value) => value === null)) return <span className="spark" />;
  const most = Math.max(limit ?? 0, ...values.map((value) => value ?? 0));
  return (
    <svg className="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {limit !== undefined && (
        <path
          className="spark-limit"
          d={`M0 ${HEIGHT - MARGIN - (limit / most) * (HEIGHT - 2 * MARGIN)}h${WIDTH}`}
        />
      )}
      <path d={pathOf(values, limit)} />
    </svg>
  );
}

const WIDTH = 100;
const HEIGHT = 20;
const MARGIN = 2;

/** @param limit in sight, too, where it is given */
export function pathOf(values: readonly (number | null)[], limit?: number): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return '';
  const seen = limit === undefined ? known : [...known, 0, limit];
  const low = Math.min(...seen);
  const size = Math.max(...seen) - low;
  const y = (value: number) =>
    size === 0 ? HEIGHT / 2 : HEIGHT - MARGIN - ((value - low) / size) * (HEIGHT - 2 * MARGIN);
  const step = WIDTH / Math.max(1, values.length - 1);
  let isOpen = false;
  return values
    .map((value, i) => {
      if (value === null) {
        isOpen = false;
        return '';
      }
      const to = `${isOpen ? 'L' : 'M'}${(i * step).toFixed(1)} ${y(value).toFixed(1)}`;
      // A value alone between holes is a dot as wide as its stretch.
      const isAlone = !isOpen && (values[i + 1] ?? null) === null;
      isOpen = true;
      return isAlone ? `${to}h${(step / 2).toFixed(1)}` : to;
    })
    .join('');
}
