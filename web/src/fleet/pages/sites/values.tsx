import { useMemo, useState } from 'react';
import type { FleetTag } from '#contract/fleet-client.ts';
import { Age } from '../../../parts/age.tsx';
import { FindField } from '../../../parts/find-field.tsx';
import { count } from '../../../parts/format.ts';
import { PathLink } from '../../../parts/path-link.tsx';
import { RangePicker } from '../../../parts/range-picker.tsx';
import { Refusal } from '../../../parts/refusal.tsx';
import { isDrawn } from '../../../parts/trend/curve.ts';
import { PastOf } from '../../../parts/trend/past-of.tsx';
import type { When } from '../../../parts/trend/span.ts';
import { Quality, Value } from '../../../parts/value.tsx';
import { VirtualList } from '../../../parts/virtual-list.tsx';
import { hashOf, usePlace } from '../../../shell/route.ts';
import { fleet } from '../../data/api.ts';
import { usePaged } from '../../data/paged.ts';
import { pastOf } from '../../data/past.ts';

const ROW_PIXELS = 34;
const PAGE = 200;
const HOUR_S = 3600;

/** Newest values of the tags of a site, and the past of one of them, as far as the hub has it. */
export function Values({ site }: { readonly site: string }) {
  const { query } = usePlace();
  const search = query.get('search') ?? '';
  const chosen = query.get('tag') ?? undefined;
  const {
    items: tags,
    hasMore,
    isAsking,
    error,
    more,
    see,
  } = usePaged(`${site} ${search}`, (after, signal) =>
    fleet.siteTags(
      site,
      { limit: PAGE, ...(search !== '' && { search }), ...(after !== undefined && { after }) },
      signal,
    ),
  );
  const address = (change: { readonly search?: string; readonly tag?: string }): string => {
    const now = { search, ...(chosen !== undefined && { tag: chosen }), ...change };
    const { search: text, ...rest } = now;
    return hashOf('sites', site, { show: 'values', ...(text !== '' && { search: text }), ...rest });
  };
  return (
    <>
      {chosen !== undefined && <PastOfTag key={chosen} site={site} path={chosen} known={tags} />}
      <div className="values-head">
        <FindField
          label="Path or description"
          type="search"
          value={search}
          onText={(text) => location.replace(address({ search: text }))}
        />
        <output className="quiet">
          {isAsking && tags.length === 0 ? '…' : `${count(tags.length)}${hasMore ? ' and more' : ''} tags`}
        </output>
      </div>
      {error && <Refusal error={error} />}
      {!isAsking && tags.length === 0 && !error && (
        <p className="quiet">
          {search === '' ? 'The hub knows of no tags of this site.' : 'No tag is as you ask.'}
        </p>
      )}
      {tags.length > 0 && (
        <VirtualList
          label="Values"
          items={tags}
          rowHeight={ROW_PIXELS}
          keyOf={({ path }) => path}
          head={<Head />}
          row={(tag) => <Row tag={tag} href={address({ tag: tag.path })} isChosen={tag.path === chosen} />}
          onSeen={(seen, first) => see(first, seen.length)}
          onEnd={more}
        />
      )}
    </>
  );
}

const Head = () => (
  <div role="row" className="list-row values-row" aria-rowindex={1}>
    <span role="columnheader">Tag</span>
    <span role="columnheader" className="number">
      Value
    </span>
    <span role="columnheader">Quality</span>
    <span role="columnheader" className="number">
      Source time
    </span>
  </div>
);

function Row({
  tag,
  href,
  isChosen,
}: {
  readonly tag: FleetTag;
  readonly href: string;
  readonly isChosen: boolean;
}) {
  return (
    <div className="values-row" data-chosen={isChosen || undefined}>
      <span role="cell" className="values-name">
        <PathLink path={tag.path} href={href} />
      </span>
      <span role="cell" className="number">
        {tag.timeUs > 0 ? <Value live={tag} /> : <span className="quiet">–</span>}
      </span>
      <span role="cell">{tag.timeUs > 0 && <Quality live={tag} />}</span>
      <span role="cell" className="number quiet">
        {tag.timeUs > 0 && (
          <>
            <Age sinceUs={tag.timeUs} /> ago
          </>
        )}
      </span>
    </div>
  );
}

function PastOfTag({
  site,
  path,
  known,
}: {
  readonly site: string;
  readonly path: string;
  readonly known: readonly FleetTag[];
}) {
  const [when, setWhen] = useState<When>({ lastS: HOUR_S });
  const past = useMemo(() => pastOf(site), [site]);
  const tag = known.find((one) => one.path === path) ?? { path, type: 'number' as const };
  return (
    <section className="card" aria-label="Past">
      <div className="card-head">
        <h2>{path}</h2>
        <RangePicker when={when} onWhen={setWhen} />
        <a href={hashOf('sites', site, { show: 'values' })}>Close</a>
      </div>
      {isDrawn(tag) ? (
        <PastOf
          past={past}
          timeZone={undefined}
          tag={tag}
          name={path.split('/').at(-1) ?? path}
          height={240}
          when={when}
          onWhen={setWhen}
        />
      ) : (
        <p className="quiet">Texts and structures are not drawn.</p>
      )}
    </section>
  );
}
