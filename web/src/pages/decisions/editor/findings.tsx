import { Refusal } from '../../../parts/refusal.tsx';
import type { Check } from './use-check.ts';

/** What is wrong with the text, where, and what to do; and what it would change. */
export function Findings({
  check: { checked, isAsking, error },
  isChanged,
  onGo,
}: {
  readonly check: Check;
  readonly isChanged: boolean;
  readonly onGo: (line: number, column: number) => void;
}) {
  const problems = checked?.problems ?? [];
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  return (
    <>
      <section className="card" aria-label="Problems">
        <div className="card-head">
          <h2>Problems</h2>
          <output className={errors > 0 && !isAsking ? 'abnormal' : 'quiet'}>
            {isAsking ? 'checking …' : errors > 0 ? `${errors} to mend` : 'none'}
          </output>
        </div>
        {error && <Refusal error={error} />}
        <ul className="plain problems">
          {problems.map(({ line, column, message, hint, severity }) => (
            <li key={`${line} ${column} ${message}`}>
              <button type="button" onClick={() => onGo(line, column)}>
                <span className="number quiet">
                  {line}:{column}
                </span>
                <span>
                  {severity === 'error' ? '' : 'Hint: '}
                  {message}
                  {hint !== undefined && <span className="quiet"> {hint}</span>}
                </span>
              </button>
            </li>
          ))}
        </ul>
      </section>
      {isChanged && checked?.lines && (
        <section className="card" aria-label="What would change">
          <h2>What would change</h2>
          {checked.lines.length === 0 ? (
            <p className="quiet">Nothing in what the site does: only comments, order or spacing differ.</p>
          ) : (
            <Changes lines={checked.lines} />
          )}
        </section>
      )}
    </>
  );
}

/** One line a change, as the site says it. */
export const Changes = ({ lines }: { readonly lines: readonly string[] }) => (
  <ul className="plain changes">
    {lines.map((line) => (
      <li key={line}>{line}</li>
    ))}
  </ul>
);
