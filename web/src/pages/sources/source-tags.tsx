import type { TagValue } from '#contract/client.ts';
import { useLiveTag } from '../../data/live.ts';
import { usePolled } from '../../data/poll.ts';
import { transport } from '../../data/transport.ts';
import { count } from '../../parts/format.ts';
import { PathLink } from '../../parts/path-link.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { LiveAge, Quality, Value } from '../../parts/value.tsx';
import { VirtualList } from '../../parts/virtual-list.tsx';
import { hashOf } from '../../shell/route.ts';

const ROW_PIXELS = 32;
/** A source of more than this is looked at on the page of tags, which takes them in pages. */
const MOST = 2000;
const EVERY_MS = 30_000;

/** The tags that are read from a source, with their newest values. */
export function SourceTags({ id }: { readonly id: string }) {
  const { data, error } = usePolled(
    `tags of ${id}`,
    (signal) =>
      transport.page<TagValue>({
        method: 'GET',
        path: '/api/tags',
        query: { source: id, limit: MOST },
        signal,
      }),
    EVERY_MS,
  );
  const tags = data?.items ?? [];
  return (
    <section className="card source-tags" aria-label="Tags">
      <header className="card-head">
        <h2>Tags</h2>
        <span className="quiet">
          {data && `${count(tags.length)}${data.next === undefined ? '' : ' and more'}`}
        </span>
      </header>
      {error && !data && <Refusal error={error} />}
      {data && tags.length === 0 && <p className="quiet">No tag is read from it.</p>}
      {tags.length > 0 && (
        <VirtualList
          label={`Tags of ${id}`}
          items={tags}
          rowHeight={ROW_PIXELS}
          keyOf={({ path }) => path}
          head={<Head />}
          row={({ path }) => <Row path={path} />}
        />
      )}
    </section>
  );
}

const Head = () => (
  <div role="row" className="list-row source-tag" aria-rowindex={1}>
    <span role="columnheader">Tag</span>
    <span role="columnheader" className="number">
      Value
    </span>
    <span role="columnheader">Quality</span>
    <span role="columnheader" className="number">
      Age
    </span>
  </div>
);

function Row({ path }: { readonly path: string }) {
  const live = useLiveTag(path);
  return (
    <div className="source-tag">
      <span role="cell">
        <PathLink path={path} href={hashOf('tags', path)} />
      </span>
      <span role="cell" className="number">
        <Value live={live} />
      </span>
      <span role="cell">
        <Quality live={live} />
      </span>
      <span role="cell" className="number quiet">
        <LiveAge live={live} />
      </span>
    </div>
  );
}
