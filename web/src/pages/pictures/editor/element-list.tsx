import { useState } from 'react';
import type { Bindings } from '../drawing/shown.ts';
import type { Element } from './elements.ts';

/** The elements of a drawing by their ids: the way to them without a pointer. */
export function ElementList({
  elements,
  bindings,
  chosen,
  onChoose,
  onPoint,
}: {
  readonly elements: readonly Element[];
  readonly bindings: Bindings;
  readonly chosen: string | undefined;
  readonly onChoose: (id: string) => void;
  readonly onPoint: (id: string | undefined) => void;
}) {
  const [text, setText] = useState('');
  const found = elements.filter(
    ({ id }) => id.includes(text) || bindings[id]?.tag?.includes(text) || bindings[id]?.click?.includes(text),
  );
  return (
    <section className="card form" aria-label="Elements">
      <div className="card-head">
        <h2>Elements</h2>
        <span className="quiet">
          {Object.keys(bindings).length} of {elements.length} show something
        </span>
      </div>
      {elements.length === 0 && (
        <p className="quiet">
          This drawing has no element with an id. Give ids to those that are to live, and bring it again.
        </p>
      )}
      <input
        type="search"
        className="ix-form-control"
        placeholder="Search id and tag"
        aria-label="Search elements"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <ul className="edit-list" aria-label="Elements of the drawing">
        {found.map(({ id, kind }) => (
          <li key={id}>
            <button
              type="button"
              aria-pressed={id === chosen}
              onClick={() => onChoose(id)}
              onFocus={() => onPoint(id)}
              onBlur={() => onPoint(undefined)}
              onPointerEnter={() => onPoint(id)}
              onPointerLeave={() => onPoint(undefined)}
            >
              <span>{id}</span>
              <span className="quiet">{bindings[id] ? whatOf(bindings[id]) : kind}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

const whatOf = ({ tag, click, alarm, ...parts }: Bindings[string]): string =>
  [
    ...Object.keys(parts),
    ...(alarm === undefined ? [] : ['alarm']),
    ...(click === undefined ? [] : ['click']),
  ].join(', ') ||
  (tag ?? '');
