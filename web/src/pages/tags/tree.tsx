import { iconChevronDownSmall, iconChevronRightSmall } from '@siemens/ix-icons/icons';
import { IxIcon } from '@siemens/ix-react';
import { useState } from 'react';
import type { TreeNode } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { usePolled } from '../../data/poll.ts';
import { count } from '../../parts/format.ts';

const EVERY_MS = 30_000;

/** Areas, lines and assets; each level is asked for when it is opened. */
export function Tree({ at, onChoose }: { readonly at: string; readonly onChoose: (path: string) => void }) {
  return (
    <nav className="tree" aria-label="Places">
      <button
        type="button"
        aria-current={at === '' ? 'true' : undefined}
        className="tree-name"
        onClick={() => onChoose('')}
      >
        All
      </button>
      <Branches below="" at={at} onChoose={onChoose} />
    </nav>
  );
}

interface BranchProps {
  readonly at: string;
  readonly onChoose: (path: string) => void;
}

function Branches({ below, ...rest }: BranchProps & { readonly below: string }) {
  const { data } = usePolled(`tree ${below}`, (signal) => api.tagTree({ at: below }, signal), EVERY_MS);
  // A tag is in the list beside it; here are the places.
  const places = data?.filter(({ path, tags, isTag }) => !(isTag && tags === 1) && path !== '') ?? [];
  if (places.length === 0) return null;
  return (
    <ul>
      {places.map((node) => (
        <Branch key={node.path} node={node} {...rest} />
      ))}
    </ul>
  );
}

function Branch({ node, at, onChoose }: BranchProps & { readonly node: TreeNode }) {
  const { name, path, tags } = node;
  const [isOpen, setOpen] = useState(at === path || at.startsWith(`${path}/`) || !path.includes('/'));
  return (
    <li>
      <span className="tree-row">
        <button
          type="button"
          className="tree-open"
          aria-expanded={isOpen}
          aria-label={`${isOpen ? 'Close' : 'Open'} ${name}`}
          onClick={() => setOpen(!isOpen)}
        >
          <IxIcon name={isOpen ? iconChevronDownSmall : iconChevronRightSmall} size="16" aria-hidden="true" />
        </button>
        <button
          type="button"
          className="tree-name"
          aria-current={at === path ? 'true' : undefined}
          onClick={() => onChoose(path)}
        >
          {name} <span className="quiet">{count(tags)}</span>
        </button>
      </span>
      {isOpen && <Branches below={path} at={at} onChoose={onChoose} />}
    </li>
  );
}
