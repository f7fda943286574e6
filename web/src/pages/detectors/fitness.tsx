import type { LearningReport } from '#contract/client.ts';
import { contextLearned } from '#contract/learning.ts';
import { count, number } from '../../parts/format.ts';
import { Table } from '../../parts/table.tsx';

const FIT: { readonly [fit in LearningReport['fit']]: string } = {
  fit: 'fit to learn from',
  doubtful: 'doubtful: it is learned from, and this is remembered',
  unfit: 'unfit to learn from',
};

/** What a period is good for. */
export function Fitness({
  report: { fit, rows, findings, signals, contexts = [] },
}: {
  readonly report: LearningReport;
}) {
  return (
    <div className="fitness">
      <p>
        The period is <strong className={fit === 'unfit' ? 'abnormal' : undefined}>{FIT[fit]}</strong>:{' '}
        {count(rows)} moments.
      </p>
      {findings.length > 0 && (
        <ul className="fitness-findings" aria-label="What is to be known of the period">
          {findings.map((one) => (
            <li key={`${one.what} ${one.signal ?? ''} ${one.text}`} data-fit={one.fit}>
              {one.text}
              {one.fit !== 'fit' && <span className="quiet"> ({one.fit})</span>}
            </li>
          ))}
        </ul>
      )}
      {signals.length > 0 && (
        <Table label="Table of signals">
          <thead>
            <tr>
              <th scope="col">Signal</th>
              <th scope="col" className="number">
                Known
              </th>
              <th scope="col" className="number">
                Min
              </th>
              <th scope="col" className="number">
                Max
              </th>
            </tr>
          </thead>
          <tbody>
            {signals.map(({ signal, known, low, high }) => (
              <tr key={signal}>
                <th scope="row">{signal}</th>
                <td className="number">{Math.floor(known * 100)} %</td>
                <td className="number">{low === null ? '–' : number(low)}</td>
                <td className="number">{high === null ? '–' : number(high)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      {contexts.length > 0 && <Contexts signal={signals.at(-1)?.signal ?? ''} contexts={contexts} />}
    </div>
  );
}

/** What was learned by product, recipe or shift, and what was not. */
function Contexts({
  signal,
  contexts,
}: {
  readonly signal: string;
  readonly contexts: NonNullable<LearningReport['contexts']>;
}) {
  return (
    <Table label={`Table of ${signal}`}>
      <thead>
        <tr>
          <th scope="col">{signal}</th>
          <th scope="col" className="number">
            Moments
          </th>
          <th scope="col" className="number">
            Times
          </th>
          <th scope="col">Learned</th>
        </tr>
      </thead>
      <tbody>
        {contexts.map((one) => (
          <tr key={one.context}>
            <th scope="row">{one.context}</th>
            <td className="number">{count(one.moments)}</td>
            <td className="number">{count(one.visits)}</td>
            <td>{contextLearned(one)}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
