import type { NoticesStatus } from '#contract/client.ts';
import { useSiteNow } from '../../data/clock.ts';
import { Age } from '../../parts/age.tsx';
import { alarmName } from '../../parts/alarms.ts';
import { duration } from '../../parts/format.ts';
import { type Priority, PrioritySign } from '../../parts/priority.tsx';
import { ToPage } from '../../shell/to-page.tsx';

type OpenNotice = NoticesStatus['waiting'][number];
type ComingNotice = NoticesStatus['coming'][number];

const REASONS: { readonly [reason in OpenNotice['reason']]: string } = {
  raised: 'raised',
  escalated: 'nobody has acknowledged',
  ended: 'ended',
};

/** Notices that were not delivered, with why. */
export function Open({
  title,
  notices,
  isGivenUp = false,
}: {
  readonly title: string;
  readonly notices: readonly OpenNotice[];
  readonly isGivenUp?: boolean;
}) {
  return (
    <section className="card" aria-label={title}>
      <div className="card-head">
        <h2 className={isGivenUp ? 'abnormal' : undefined}>
          {title} {notices.length > 0 && <span className="notices-count">{notices.length}</span>}
        </h2>
        {isGivenUp && <span className="quiet">Tried for a day. Tell them yourself, and mend the way.</span>}
      </div>
      {notices.length === 0 ? (
        <p className="quiet">None: whoever was to be told has been.</p>
      ) : (
        <table className="table notices-table">
          <thead>
            <tr>
              <th scope="col">Alarm</th>
              <th scope="col">To</th>
              <th scope="col">Because it</th>
              <th scope="col">Since</th>
              <th scope="col">Attempts</th>
              <th scope="col">Problem</th>
            </tr>
          </thead>
          <tbody>
            {notices.map((one) => (
              <tr key={one.id}>
                <td>
                  <Alarm id={one.alarm} priority={one.priority} />
                </td>
                <td data-label="To" className="notices-to">
                  <Receiver to={one.to} recipients={one.recipients} plan={one.plan} step={one.step + 1} />
                </td>
                <td data-label="Because it">{REASONS[one.reason]}</td>
                <td data-label="Since">
                  <Age sinceUs={one.dueUs} />
                </td>
                <td data-label="Attempts" className="notices-time">
                  {one.attempts} <Next notice={one} isGivenUp={isGivenUp} />
                </td>
                <td
                  data-label="Problem"
                  className={one.problem === undefined ? undefined : 'notices-problem'}
                >
                  {one.problem ?? '–'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Next({ notice, isGivenUp }: { readonly notice: OpenNotice; readonly isGivenUp: boolean }) {
  const nowMs = useSiteNow();
  if (isGivenUp) return <span className="quiet">given up</span>;
  if (notice.nextUs === undefined) return <span className="quiet">under way</span>;
  return <span className="quiet">next in {duration(Math.max(0, notice.nextUs / 1000 - nowMs))}</span>;
}

/** Who hears of it next if nobody acknowledges. */
export function Coming({ all }: { readonly all: readonly ComingNotice[] }) {
  return (
    <section className="card" aria-label="Next, if nobody acknowledges">
      <h2>Next, if nobody acknowledges</h2>
      {all.length === 0 ? (
        <p className="quiet">Nobody: no alarm waits that has a further step.</p>
      ) : (
        <table className="table notices-table">
          <thead>
            <tr>
              <th scope="col">Alarm</th>
              <th scope="col">To</th>
              <th scope="col">Step</th>
              <th scope="col">Waits since</th>
              <th scope="col">When</th>
            </tr>
          </thead>
          <tbody>
            {all.map((one) => (
              <tr key={`${one.alarm} ${one.plan}`}>
                <td>
                  <Alarm id={one.alarm} priority={one.priority} />
                </td>
                <td data-label="To" className="notices-to">
                  <Receiver to={one.to} recipients={one.recipients} />
                </td>
                <td data-label="Step">
                  {one.step + 1} <span className="quiet">of {one.plan}</span>
                </td>
                <td data-label="Waits since">
                  <Age sinceUs={one.sinceUs} />
                </td>
                <td data-label="When">
                  <When notice={one} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function When({ notice: { dueUs, held } }: { readonly notice: ComingNotice }) {
  const nowMs = useSiteNow();
  if (held === 'maintenance') return <>held back by maintenance</>;
  if (held === 'shift') return <>when its shift begins</>;
  const leftMs = dueUs / 1000 - nowMs;
  return leftMs > 0 ? <>in {duration(leftMs)}</> : <>now</>;
}

export const Alarm = ({ id, priority }: { readonly id: string; readonly priority?: string | undefined }) => (
  <span className="notices-alarm">
    {priority !== undefined && (
      <>
        <PrioritySign priority={priority as Priority} />
        <span className="unseen">{priority}</span>
      </>
    )}
    <span>
      <ToPage page="alarms" rest={id}>
        {alarmName({ id })}
      </ToPage>{' '}
      <span className="quiet">{id.split('/').slice(0, -1).join('/')}</span>
    </span>
  </span>
);

/** The way, and who is at its end; whoever may not see addresses sees for which step of which plan it is. */
export const Receiver = ({
  to,
  recipients,
  plan,
  step,
}: {
  readonly to: string;
  readonly recipients?: readonly string[] | undefined;
  readonly plan?: string | undefined;
  /** From 1. */
  readonly step?: number | undefined;
}) => {
  const end = recipients?.join(', ') ?? (plan === undefined ? '' : `step ${step} of ${plan}`);
  return (
    <>
      {to} {end !== '' && <span className="quiet notices-recipients">{end}</span>}
    </>
  );
};
