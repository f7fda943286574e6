import { Refusal } from '../../parts/refusal.tsx';
import type { Outcome } from './acting.ts';

/** What became of the last act, where there is something to say: a success is seen in the list. */
export function Said({
  outcome,
  onEnd,
}: {
  readonly outcome: Outcome | undefined;
  readonly onEnd: () => void;
}) {
  const isSaid = outcome && (outcome.others.length > 0 || outcome.failed.length > 0);
  return (
    <div className="alarms-said" role="status" data-empty={!isSaid || undefined}>
      {isSaid && (
        <div className="card">
          {outcome.others.map((text) => (
            <p key={text}>{text}</p>
          ))}
          {outcome.failed.length > 0 && (
            <>
              <p className="abnormal">
                {outcome.failed.length === 1
                  ? 'One was not done:'
                  : `${outcome.failed.length} were not done:`}
              </p>
              {outcome.failed.slice(0, 5).map(({ id, error }) => (
                <Refusal key={id} error={error} />
              ))}
            </>
          )}
          <button type="button" className="link" onClick={onEnd}>
            Dismiss
          </button>
        </div>
      )}
    </div>
  );
}
