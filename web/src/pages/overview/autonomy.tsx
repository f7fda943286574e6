import type { Autonomy } from '#contract/client.ts';
import { useAutonomy } from '../../data/autonomy.ts';
import { number } from '../../parts/format.ts';
import { PathText } from '../../parts/path-text.tsx';

type Line = Autonomy['lines'][number];

/** The autonomy budget: what would end first if nobody came, and how that is known. */
export function AutonomyCard() {
  const { data } = useAutonomy();
  if (!data) return null;
  // What lasts for ever says nothing to whoever plans the next visit.
  const lines = data.lines.filter(({ state }) => state !== 'lasts');
  const lasting = data.lines.length - lines.length;
  return (
    <section className="card" aria-labelledby="autonomy">
      <h2 id="autonomy">If nobody came</h2>
      {lines.length > 0 && (
        <ul className="rows">
          {lines.map((line) => (
            <Row key={`${line.reason} ${line.subject}`} line={line} leastDays={data.leastDays} />
          ))}
        </ul>
      )}
      {lasting > 0 && <p className="fault">{lasting} more that would not end</p>}
    </section>
  );
}

function Row({ line, leastDays }: { readonly line: Line; readonly leastDays: number }) {
  const { reason, subject, days, counts, effect, why } = line;
  const isLow = counts && days !== undefined && days < leastDays;
  return (
    <li>
      <span className={isLow ? 'abnormal' : 'quiet'}>
        {days === undefined ? 'unknown' : `${number(Math.floor(days * 10) / 10)} d`}
        {isLow && <span className="unseen"> (fewer than asked for)</span>}
      </span>
      <span>
        {reason} {subject !== reason && <PathText path={subject} />}
      </span>
      <span className="quiet">
        {effect}; {why}
      </span>
    </li>
  );
}
