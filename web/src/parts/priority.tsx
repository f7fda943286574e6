import type { Priority } from './alarms.ts';

export { PRIORITIES, type Priority } from './alarms.ts';

/* A shape each beside the colour: one in twelve men sees red and green alike (ISA-18.2, 11.5.3; ISA-101, 5.2.4). */
export const SHAPES: { readonly [priority in Priority]: string } = {
  critical: 'M2 2h12v12H2z',
  high: 'M8 1.5 15 14.5H1z',
  medium: 'M8 1 15 8 8 15 1 8z',
  low: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2z',
};

/** The sign of a priority; hollow where it is acknowledged. */
export function PrioritySign({
  priority,
  hollow = false,
  quiet = false,
}: {
  readonly priority: Priority;
  readonly hollow?: boolean;
  readonly quiet?: boolean;
}) {
  return (
    <svg
      className="priority"
      data-priority={quiet ? 'none' : priority}
      viewBox="0 0 16 16"
      aria-hidden="true"
    >
      <path d={SHAPES[priority]} data-hollow={hollow || undefined} />
    </svg>
  );
}
