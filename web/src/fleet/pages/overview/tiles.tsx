import type { FleetSummary } from '#contract/fleet-client.ts';
import { count } from '../../../parts/format.ts';
import { Tile } from '../../../parts/tile.tsx';
import { type Count, isThere, type LinkState, sitesWhere } from '../../data/states.ts';
import { stateText } from '../../parts/state-mark.tsx';

/** The figures that say whether somebody must look closer. */
export function Tiles({ summary }: { readonly summary: FleetSummary }) {
  const { counts } = summary;
  const all = sitesWhere(counts);
  const online = inState(counts, 'online');
  return (
    <div className="tiles fleet-tiles">
      <Tile
        name="Online"
        page="sites"
        query={{ state: 'online' }}
        about={
          all === 0
            ? 'no site has joined yet'
            : online === all
              ? 'all of them'
              : `${count(all - online)} ${all - online === 1 ? 'is' : 'are'} not`
        }
      >
        {count(online)} <span className="unit">of {count(all)}</span>
      </Tile>
      <StateTile counts={counts} state="offline" about="their links have ended" />
      <StateTile counts={counts} state="stale" about="their hub process is gone" />
      <StateTile counts={counts} state="never" about="joined, and not connected since" />
      <AlarmTile summary={summary} />
      <ReportTiles summary={summary} />
      <IdentityTile counts={counts} />
    </div>
  );
}

function AlarmTile({ summary: { alarms } }: { readonly summary: FleetSummary }) {
  const waiting = Object.values(alarms.unacknowledged).reduce((sum, many) => sum + many, 0);
  const all = alarms.active === 0 ? 'none stands' : 'all acknowledged';
  return (
    <Tile
      name="Alarms"
      page="alarms"
      query={{ view: 'standing' }}
      isAbnormal={waiting > 0}
      about={waiting > 0 ? `${count(waiting)} not acknowledged` : all}
    >
      {count(alarms.active)}
    </Tile>
  );
}

function ReportTiles({ summary: { troubled, waitingRows, silent } }: { readonly summary: FleetSummary }) {
  return (
    <>
      <Tile
        name="With problems"
        page="sites"
        isAbnormal={troubled > 0}
        about={
          silent > 0
            ? `${count(silent)} ${silent === 1 ? 'has' : 'have'} reported nothing`
            : 'by their own reports'
        }
      >
        {count(troubled)}
      </Tile>
      <Tile
        name="Waiting at sites"
        page="sites"
        query={{ sort: 'waiting' }}
        about="samples, as they said last"
      >
        {count(waitingRows)}
      </Tile>
    </>
  );
}

const inState = (counts: readonly Count[], state: LinkState): number =>
  sitesWhere(counts, (one) => isThere(one) && one.state === state);

function StateTile({
  counts,
  state,
  about,
}: {
  readonly counts: readonly Count[];
  readonly state: LinkState;
  readonly about: string;
}) {
  const many = inState(counts, state);
  const text = stateText(state);
  return (
    <Tile
      name={text.charAt(0).toUpperCase() + text.slice(1)}
      page="sites"
      query={{ state }}
      isAbnormal={many > 0 && state !== 'never'}
      about={many === 0 ? 'none' : about}
    >
      {count(many)}
    </Tile>
  );
}

function IdentityTile({ counts }: { readonly counts: readonly Count[] }) {
  const cloned = sitesWhere(counts, ({ identity }) => identity === 'cloned');
  const revoked = sitesWhere(counts, ({ identity }) => identity === 'revoked');
  const expired = sitesWhere(counts, ({ identity }) => identity === 'expired');
  const said = [
    cloned > 0 && `${count(cloned)} with two boxes`,
    revoked > 0 && `${count(revoked)} revoked`,
    expired > 0 && `${count(expired)} over`,
  ].filter((one) => one !== false);
  return (
    <Tile
      name="Identities to look at"
      page="sites"
      query={{ identity: 'cloned,revoked,expired' }}
      isAbnormal={cloned > 0}
      about={said.length === 0 ? 'all are valid' : said.join(', ')}
    >
      {count(cloned + revoked + expired)}
    </Tile>
  );
}
