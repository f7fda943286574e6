import { useState } from 'react';
import { useLiveTag } from '../../../data/live.ts';
import { Value } from '../../../parts/value.tsx';
import { useFound } from '../../tags/found.ts';

/** So many at a time: who does not find it types more of it. */
const MOST = 12;

/** A tag, found by a part of its path or description. */
export function TagPicker({
  tag,
  onPick,
}: {
  readonly tag: string | undefined;
  readonly onPick: (tag: string) => void;
}) {
  const [text, setText] = useState('');
  const { tags, error } = useFound('', text);
  const isOpen = text.trim() !== '';
  return (
    <div className="field">
      <label className="ix-form-label" htmlFor="tag-search">
        Tag
      </label>
      {tag !== undefined && (
        <p>
          <code>{tag}</code> <Now path={tag} />
        </p>
      )}
      <input
        id="tag-search"
        type="search"
        className="ix-form-control"
        placeholder={tag === undefined ? 'Search path and description' : 'Search for another one'}
        autoComplete="off"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {error && <p className="abnormal">{error.message}</p>}
      {isOpen && (
        <ul className="edit-list" aria-label="Found tags">
          {tags.slice(0, MOST).map(({ path }) => (
            <li key={path}>
              <button
                type="button"
                title={path}
                onClick={() => {
                  onPick(path);
                  setText('');
                }}
              >
                <span>{path}</span> <Now path={path} />
              </button>
            </li>
          ))}
          {tags.length === 0 && <li className="quiet">Nothing found</li>}
          {tags.length > MOST && <li className="quiet">and more: type more of it</li>}
        </ul>
      )}
    </div>
  );
}

const Now = ({ path }: { readonly path: string }) => <Value live={useLiveTag(path)} />;
