/** The last quarter of an hour of a tag as a small line; nothing is drawn where nothing is known. */
export function Spark({ values }: { readonly values: readonly (number | null)[] | undefined }) {
  if (!values) return <span className="spark" />;
  return (
    <svg className="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={pathOf(values)} />
    </svg>
  );
}

const WIDTH = 100;
const HEIGHT = 20;
const MARGIN = 2;

export function pathOf(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return '';
  const low = Math.min(...known);
  const size = Math.max(...known) - low;
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
