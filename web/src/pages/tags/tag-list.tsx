import { useCallback, useState } from 'react';
import type { TagValue } from '#contract/client.ts';
import { useLiveTag } from '../../data/live.ts';
import { type Sparks, useSparks } from '../../data/sparks.ts';
import { count } from '../../parts/format.ts';
import { PathLink } from '../../parts/path-link.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { Spark } from '../../parts/spark.tsx';
import { LiveAge, Quality, Value } from '../../parts/value.tsx';
import { VirtualList } from '../../parts/virtual-list.tsx';
import { go, hashOf, usePlace } from '../../shell/route.ts';
import { useFound } from './found.ts';
import { Tree } from './tree.tsx';

const ROW_PIXELS = 34;

/** Every tag of the site: by its place, or by what one types. */
export function TagList() {
  const { query } = usePlace();
  const at = query.get('at') ?? '';
  const [text, setText] = useState(query.get('q') ?? '');
  const { tags, hasMore, isAsking, error, more } = useFound(at, text);
  const [seen, setSeen] = useState<readonly string[]>([]);
  const sparks = useSparks(seen);
  const see = useCallback((some: readonly TagValue[]) => setSeen(some.map(({ path }) => path)), []);
  return (
    <div className="page tags">
      <header className="tags-head">
        <h1>Tags</h1>
        <input
          type="search"
          className="ix-form-control"
          placeholder="Search path and description"
          aria-label="Search tags"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <output className="quiet">
          {isAsking && tags.length === 0 ? '…' : `${count(tags.length)}${hasMore ? ' and more' : ''} tags`}
        </output>
      </header>
      {error && <Refusal error={error} />}
      <div className="tags-body">
        <Tree
          at={at}
          onChoose={(path) =>
            go(hashOf('tags', '', { ...(path !== '' && { at: path }), ...(text !== '' && { q: text }) }))
          }
        />
        <VirtualList
          label="Tags"
          items={tags}
          rowHeight={ROW_PIXELS}
          keyOf={({ path }) => path}
          head={<Head />}
          row={({ path }) => <TagRow path={path} below={at} sparks={sparks} />}
          onSeen={see}
          onEnd={more}
        />
      </div>
    </div>
  );
}

const Head = () => (
  <div role="row" className="list-row tag-row" aria-rowindex={1}>
    <span role="columnheader">Tag</span>
    <span role="columnheader" className="number">
      Value
    </span>
    <span role="columnheader">Quality</span>
    <span role="columnheader" className="number">
      Age
    </span>
    <span role="columnheader">15 min</span>
  </div>
);

function TagRow({
  path,
  below,
  sparks,
}: {
  readonly path: string;
  readonly below: string;
  readonly sparks: Sparks;
}) {
  const live = useLiveTag(path);
  const shown = below === '' ? path : path.slice(below.length + 1);
  return (
    <div className="tag-row">
      <span role="cell" className="tag-name">
        <PathLink path={shown} href={hashOf('tags', path)} />
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
      <span role="cell">
        <Spark values={sparks.get(path)} />
      </span>
    </div>
  );
}
