import type { SiteStatus } from '#contract/client.ts';
import { useAutonomy } from '../../data/autonomy.ts';
import { useActiveAlarms, useAlerts } from '../../data/site.ts';
import { isStanding, isUnacknowledged } from '../../parts/alarms.ts';
import { bytes, count, duration, fineMs, number } from '../../parts/format.ts';
import { Tile } from '../../parts/tile.tsx';
import { ToPage } from '../../shell/to-page.tsx';

/** The figures that say whether somebody must look closer. */
export function Tiles({ status }: { readonly status: SiteStatus }) {
  const { decisions, samples, upS, tags } = status;
  return (
    <div className="tiles">
      <AlarmTile />
      <SourcesTile sources={status.sources} />
      <BacklogTile sinks={status.sinks} />
      <DiskTile status={status} />
      <Tile name="Decision time" about={`99 % are below, half below ${fineMs(decisions.p50Ms)}`}>
        {fineMs(decisions.p99Ms)}
      </Tile>
      <Tile name="Samples" about={`${count(tags)} tags, up ${duration(upS * 1000)}`}>
        {count(samples)}
      </Tile>
      <AutonomyTile />
    </div>
  );
}

function AlarmTile() {
  const { data: alarms } = useActiveAlarms();
  const { data: alerts = [] } = useAlerts();
  const standing = alarms?.filter(isStanding) ?? [];
  const waiting = standing.filter(isUnacknowledged).length;
  const aside = (alarms?.length ?? 0) - standing.length;
  const about = [
    waiting > 0 ? `${waiting} not acknowledged` : 'all acknowledged',
    ...(aside > 0 ? [`${aside} set aside`] : []),
  ];
  return (
    <Tile
      name="Alarms"
      page="alarms"
      isAbnormal={waiting > 0}
      about={
        <>
          {standing.length === 0 && aside === 0 ? 'none stands' : about.join(', ')}
          {alerts.length > 0 && (
            <>
              {'; '}
              <ToPage page="alarms" query={{ list: 'alerts' }}>
                {alerts.length === 1 ? '1 alert' : `${alerts.length} alerts`}
              </ToPage>
            </>
          )}
        </>
      }
    >
      {alarms ? standing.length : '–'}
    </Tile>
  );
}

function SourcesTile({ sources }: Pick<SiteStatus, 'sources'>) {
  const all = Object.values(sources);
  const well = all.filter(({ state }) => state === 'running' || state === 'shadowed').length;
  const badTags = all.reduce((sum, source) => sum + source.badTags, 0);
  const delivers = badTags === 0 ? 'all deliver' : `${count(badTags)} tags without a value`;
  return (
    <Tile
      name="Sources"
      page="sources"
      isAbnormal={well < all.length}
      about={well === all.length ? delivers : `${all.length - well} do not deliver`}
    >
      {well} <span className="unit">of {all.length}</span>
    </Tile>
  );
}

function BacklogTile({ sinks }: Pick<SiteStatus, 'sinks'>) {
  const all = Object.values(sinks);
  if (all.length === 0) {
    return (
      <Tile name="Backlog" about="this site delivers to nobody">
        –
      </Tile>
    );
  }
  const rows = all.reduce((sum, { backlog }) => sum + backlog.rows, 0);
  const ageMs = Math.max(0, ...all.map(({ backlog }) => backlog.ageMs ?? 0));
  const emptyInS = Math.max(0, ...all.map((sink) => sink.emptyInS ?? 0));
  const isDown = all.some(({ state }) => state !== 'running' && state !== 'shadowed');
  return (
    <Tile
      name="Backlog"
      page="sources"
      isAbnormal={isDown}
      about={
        rows === 0
          ? 'everything is delivered'
          : `oldest ${duration(ageMs)}${emptyInS > 0 ? `, empty in ${duration(emptyInS * 1000)}` : ''}`
      }
    >
      {count(rows)} <span className="unit">rows</span>
    </Tile>
  );
}

/** Above this much of its quota the oldest goes soon. */
const NEARLY = 0.9;

function DiskTile({ status: { journal, historian, writtenPerDay } }: { readonly status: SiteStatus }) {
  const used = journal.usedBytes + (historian?.usedBytes ?? 0);
  const quota = journal.quotaBytes + (historian?.quotaBytes ?? 0);
  const share = used / quota;
  const isFull = [journal, ...(historian ? [historian] : [])].some(
    (one) => one.usedBytes / one.quotaBytes > NEARLY,
  );
  return (
    <Tile
      name="Disk"
      isAbnormal={journal.fault !== undefined}
      about={`${bytes(used)} of ${bytes(quota)}${isFull ? ', the oldest goes first' : ''}${writtenPerDay === undefined ? '' : `; ${bytes(writtenPerDay)} written a day`}`}
    >
      {number(Math.round(share * 1000) / 10)} <span className="unit">%</span>
    </Tile>
  );
}

function AutonomyTile() {
  const { data } = useAutonomy();
  if (!data) return null;
  const { days, first, leastDays, isLow, unknown } = data;
  const about = [
    first ? `${first.reason} ${first.subject} ends first` : 'nothing is known to end',
    ...(isLow ? [`${number(leastDays)} days are asked for`] : []),
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
  ];
  return (
    <Tile name="Left alone" isAbnormal={isLow} about={about.join('; ')}>
      {days === undefined ? '–' : number(Math.floor(days * 10) / 10)} <span className="unit">days</span>
    </Tile>
  );
}
