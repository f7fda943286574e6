import { useState } from 'react';
import type { BacktestReport } from '#contract/client.ts';
import { siteNowMs } from '../../../data/clock.ts';
import { count, duration, moment } from '../../../parts/format.ts';
import { Timeline } from './timeline.tsx';

type Subject = BacktestReport['subjects'][number];
type Tally = NonNullable<Subject['file']>;

const MOST_DIFFERENCES = 200;

const OTHER: { readonly [against in BacktestReport['against']]: string } = {
  current: 'Running file',
  record: 'The site did',
  nothing: 'Nothing to compare',
};

/** A text that was tried, beside what it was held against: counts, times, and each difference. */
export function Report({ report }: { readonly report: BacktestReport }) {
  const { fromUs, toUs, rows, rowsPerS, notes, unknownTags, silentTags, against, subjects } = report;
  const [showsAll, setShowsAll] = useState(false);
  const differing = subjects.filter(differs);
  const shown = showsAll ? subjects : differing;
  const nowMs = siteNowMs();
  return (
    <div className="dialog-wide report">
      <p>
        {moment(fromUs / 1000, nowMs)} to {moment(toUs / 1000, nowMs)} ({duration((toUs - fromUs) / 1000)}),{' '}
        {count(rows)} samples {report.past === 'history' ? 'of the historian' : 'of the journal'}{' '}
        <span className="quiet">at {count(rowsPerS)}/s</span>
      </p>
      <p className={report.equal ? 'quiet' : ''}>
        {report.equal
          ? 'No difference: it would have done the same.'
          : `${count(report.differenceCount)} differences in ${differing.length} of ${subjects.length} rules, alarms, writes and messages.`}
      </p>
      {[
        ...notes,
        ...tagNotes(unknownTags, 'not in the past'),
        ...tagNotes(silentTags, 'without a sample in this time'),
      ].map((note) => (
        <p key={note} className="about">
          {note}
        </p>
      ))}
      {shown.length > 0 && (
        <div className="scroll">
          <table className="table report-table">
            <thead>
              <tr>
                <th scope="col">What</th>
                <th scope="col" className="number">
                  This text
                </th>
                <th scope="col" className="number">
                  {OTHER[against]}
                </th>
                <th scope="col" className="report-times">
                  <span className="report-key" data-row="file" /> this text{' '}
                  <span className="report-key" data-row="past" /> {OTHER[against].toLowerCase()}
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((subject) => (
                <Row key={`${subject.kind} ${subject.id} ${subject.to}`} subject={subject} report={report} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {differing.length < subjects.length && (
        <label className="check">
          <input type="checkbox" checked={showsAll} onChange={(event) => setShowsAll(event.target.checked)} />
          Show also what is the same
        </label>
      )}
      <Differences report={report} />
    </div>
  );
}

const Row = ({ subject, report }: { readonly subject: Subject; readonly report: BacktestReport }) => (
  <tr>
    <th scope="row">
      <span className="quiet">{subject.kind}</span> {subject.id}
      {subject.to !== undefined && <span className="quiet"> → {subject.to}</span>}
    </th>
    <td className="number">
      <TallyText tally={subject.file} />
    </td>
    <td className="number">
      <TallyText tally={subject.past} />
    </td>
    <td className="report-times">
      <Timeline
        file={subject.file?.spans}
        past={subject.past?.spans}
        fromUs={report.fromUs}
        toUs={report.toUs}
      />
    </td>
  </tr>
);

function TallyText({ tally }: { readonly tally: Tally | undefined }) {
  if (!tally) return <span className="quiet">–</span>;
  return (
    <>
      {tally.count}×
      {tally.activeUs !== undefined && tally.activeUs > 0 && (
        <span className="quiet"> {duration(tally.activeUs / 1000)}</span>
      )}
      {tally.refused !== undefined && tally.refused > 0 && (
        <span className="quiet"> {tally.refused} refused</span>
      )}
    </>
  );
}

function Differences({
  report: { differences, differenceCount, against },
}: {
  readonly report: BacktestReport;
}) {
  if (differences.length === 0) return null;
  const nowMs = siteNowMs();
  const left = differenceCount - Math.min(differences.length, MOST_DIFFERENCES);
  return (
    <details>
      <summary>Each difference, in the order of time</summary>
      <ol className="plain differences">
        {differences.slice(0, MOST_DIFFERENCES).map(({ timeUs, in: who, kind, id, what, refused }) => (
          <li key={`${timeUs} ${who} ${kind} ${id} ${what}`}>
            <time className="quiet">{moment(timeUs / 1000, nowMs)}</time>
            <span>{who === 'file' ? '+ this text' : `− ${OTHER[against].toLowerCase()}`}</span>
            <span>
              <span className="quiet">{kind}</span> {id}: {what}
              {refused !== undefined && <span className="quiet"> refused: {refused}</span>}
            </span>
          </li>
        ))}
      </ol>
      {left > 0 && <p className="quiet">and {count(left)} more</p>}
    </details>
  );
}

function differs({ file, past }: Subject): boolean {
  if (!file || !past) return (file?.count ?? 0) > 0 || (past?.count ?? 0) > 0;
  return file.count !== past.count || file.activeUs !== past.activeUs || file.refused !== past.refused;
}

const MOST_NAMED = 8;

function tagNotes(paths: readonly string[], why: string): readonly string[] {
  if (paths.length === 0) return [];
  const more = paths.length > MOST_NAMED ? ` and ${paths.length - MOST_NAMED} more` : '';
  const named = paths.slice(0, MOST_NAMED).join(', ');
  return [`${paths.length === 1 ? 'A tag is' : `${paths.length} tags are`} ${why}: ${named}${more}.`];
}
