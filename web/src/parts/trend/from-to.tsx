import { useEffect, useId, useState } from 'react';
import { TimeInput } from '../time-input.tsx';
import type { Span, When } from './span.ts';
import type { Zone } from './zone.ts';

/** The ends of what is seen, by the clocks of the site. */
export function FromTo({
  span,
  zone,
  live,
  onWhen,
}: {
  readonly span: Span;
  readonly zone: Zone;
  readonly live: boolean;
  readonly onWhen: (when: When) => void;
}) {
  const id = useId();
  const [typed, setTyped] = useState<{ readonly from?: string; readonly to?: string }>({});
  const shown = { from: zone.text(span.from), to: zone.text(span.to) };
  // What was typed holds until the picture has taken it, or has gone elsewhere.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another span is another start
  useEffect(() => {
    if (!live) setTyped({});
  }, [span.from, span.to, live]);
  const from = typed.from ?? shown.from;
  const to = typed.to ?? shown.to;
  const next = { from: zone.timeOf(from), to: zone.timeOf(to) };
  const isFit = next.to > next.from;
  const isChanged = typed.from !== undefined || typed.to !== undefined;
  const field = (name: 'from' | 'to', label: string, value: string) => (
    <>
      <label className="unseen" htmlFor={`${id}-${name}`}>
        {label}
      </label>
      <TimeInput
        id={`${id}-${name}`}
        value={value}
        aria-invalid={!isFit}
        onText={(text) => setTyped((known) => ({ ...known, [name]: text }))}
      />
    </>
  );
  return (
    <form
      className="trends-ends"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isFit) return;
        setTyped({});
        onWhen(next);
      }}
    >
      {field('from', 'From', from)}
      <span aria-hidden="true">–</span>
      {field('to', 'To', to)}
      <span className="quiet" title="Time zone of the site">
        {zone.name}
      </span>
      {isChanged && (
        <button type="submit" className="tool" disabled={!isFit} title={isFit ? '' : whyUnfit(next)}>
          Show
        </button>
      )}
    </form>
  );
}

const whyUnfit = ({ from, to }: Span): string =>
  Number.isNaN(from) || Number.isNaN(to)
    ? 'Write a time as 2026-11-28 14:03:00'
    : 'The end lies before the start';
