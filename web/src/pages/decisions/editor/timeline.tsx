const WIDTH = 400;
const HEIGHT = 8;
/** What took no time is seen all the same. */
const LEAST = 1.5;

/** When something was on: above by the text that is tried, below by what it is held against. */
export function Timeline({
  file = [],
  past = [],
  fromUs,
  toUs,
}: {
  readonly file?: readonly number[] | undefined;
  readonly past?: readonly number[] | undefined;
  readonly fromUs: number;
  readonly toUs: number;
}) {
  const x = (us: number) => ((Math.min(Math.max(us, fromUs), toUs) - fromUs) / (toUs - fromUs || 1)) * WIDTH;
  return (
    <svg
      className="timeline"
      viewBox={`0 0 ${WIDTH} ${2 * HEIGHT + 2}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`this text ${timesText(file)}, otherwise ${timesText(past)}`}
    >
      <path className="timeline-ground" d={`M0 ${HEIGHT + 1}h${WIDTH}`} />
      <path data-row="file" d={pathOf(file, x, 0)} />
      <path data-row="past" d={pathOf(past, x, HEIGHT + 2)} />
    </svg>
  );
}

/** Pairs from, to as one path: thousands of spans are one element. */
export function pathOf(spans: readonly number[], x: (us: number) => number, top: number): string {
  let path = '';
  for (let i = 0; i + 1 < spans.length; i += 2) {
    const begin = x(spans[i] as number);
    const width = Math.max(LEAST, x(spans[i + 1] as number) - begin);
    path += `M${begin.toFixed(1)} ${top}h${width.toFixed(1)}v${HEIGHT}h-${width.toFixed(1)}z`;
  }
  return path;
}

const timesText = (spans: readonly number[]): string => `${Math.floor(spans.length / 2)} times`;
