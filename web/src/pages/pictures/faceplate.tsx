import { IxButton } from '@siemens/ix-react';
import { useEffect, useRef, useState } from 'react';
import type { TagDetail, TagValue } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { useLiveTag } from '../../data/live.ts';
import { usePolled } from '../../data/poll.ts';
import { useMay } from '../../data/session.ts';
import { qualityOf } from '../../parts/quality.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { isDrawn } from '../../parts/trend/curve.ts';
import type { When } from '../../parts/trend/span.ts';
import { TagPast } from '../../parts/trend/tag-past.tsx';
import { LiveAge, Value } from '../../parts/value.tsx';
import { WriteEntry } from '../../parts/write-form.tsx';
import { limitsOf } from '../../parts/write-limits.ts';
import { ToPage } from '../../shell/to-page.tsx';
import { AssetState, FaceAlarms } from './asset.tsx';

const EVERY_MS = 5000;
const HOUR: When = { lastS: 3600 };

/** A tag, or an asset with all its tags. */
type Face = { readonly tag: TagDetail } | { readonly tags: readonly TagValue[] };

async function askFace(path: string, signal: AbortSignal): Promise<Face> {
  // In the order of their paths: a tag comes before all that begin as it does.
  const [first] = (await api.tags({ prefix: path, limit: 1 }, signal)).items;
  if (first?.path === path) return { tag: await api.tag(path, signal) };
  const { items } = await api.tags({ prefix: `${path}/`, limit: 200 }, signal);
  return { tags: items };
}

/** All about one thing in a picture, beside the picture. */
export function Faceplate({ path, onClose }: { readonly path: string; readonly onClose: () => void }) {
  const [opened, setOpened] = useState<string>();
  const shown = opened ?? path;
  const { data: face, error } = usePolled(`face ${shown}`, (signal) => askFace(shown, signal), EVERY_MS);
  const heading = useRef<HTMLHeadingElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: who opens it, by key or by pointer, goes on in it
  useEffect(() => heading.current?.focus(), [shown]);
  const parts = shown.split('/');
  const asset = face && 'tag' in face ? parts.slice(0, -1).join('/') : shown;
  return (
    <aside className="faceplate" aria-label={`Faceplate of ${shown}`}>
      <header className="card-head">
        <div>
          <p className="quiet">{parts.slice(0, -1).join(' / ')}</p>
          <h2 ref={heading} tabIndex={-1}>
            {parts.at(-1)?.replaceAll(/[-_]/g, ' ')}
          </h2>
        </div>
        <IxButton variant="tertiary" onClick={onClose} aria-label="Close the faceplate">
          Close
        </IxButton>
      </header>
      {opened !== undefined && (
        <button type="button" className="link face-back" onClick={() => setOpened(undefined)}>
          ← {path.split('/').at(-1)}
        </button>
      )}
      {error && !face && <Refusal error={error} />}
      {!face && !error && <div className="waiting" role="status" aria-label="Asking the site" />}
      {face && 'tag' in face && <OneTag key={shown} tag={face.tag} />}
      {face && <FaceAlarms asset={asset} />}
      {face && <AssetState asset={asset} />}
      {face && 'tags' in face && <Tags tags={face.tags} below={shown} onOpen={setOpened} />}
    </aside>
  );
}

function OneTag({ tag }: { readonly tag: TagDetail }) {
  const live = useLiveTag(tag.path);
  const mayWrite = useMay('operator') && tag.access !== 'read' && !tag.safety;
  const limits = limitsOf(tag);
  return (
    <>
      {tag.description !== undefined && <p className="quiet">{tag.description}</p>}
      <section aria-label="Now" className="face-now">
        <span className="face-value">
          <Value live={live} />
        </span>
        <span className="quiet">
          {live ? qualityOf(live) || 'good' : '…'}, <LiveAge live={live} /> old
        </span>
      </section>
      {isDrawn(tag) && <LastHour tag={tag} />}
      <p>
        <ToPage page="tags" rest={tag.path}>
          All of this tag
        </ToPage>
      </p>
      {mayWrite && (
        <section aria-label="Set-point" className="face-part">
          <h3>Set-point</h3>
          {limits.length > 0 && (
            <dl className="facts">
              {limits.map(({ name, text }) => (
                <div key={name} className="face-fact">
                  <dt>{name}</dt>
                  <dd>{text}</dd>
                </div>
              ))}
            </dl>
          )}
          <WriteEntry tag={tag} />
        </section>
      )}
      {tag.safety && <p className="quiet">It belongs to a safety function and is never written from here.</p>}
    </>
  );
}

function LastHour({ tag }: { readonly tag: TagDetail }) {
  const [when, setWhen] = useState<When>(HOUR);
  return <TagPast tag={tag} name="Past" height={150} when={when} onWhen={setWhen} />;
}

function Tags({
  tags,
  below,
  onOpen,
}: {
  readonly tags: readonly TagValue[];
  readonly below: string;
  readonly onOpen: (path: string) => void;
}) {
  if (tags.length === 0) return <p className="quiet">There is no tag or asset of this name.</p>;
  return (
    <ul className="face-tags">
      {tags.map(({ path }) => (
        <li key={path}>
          <button type="button" onClick={() => onOpen(path)}>
            <span>{path.slice(below.length + 1).replaceAll('_', ' ')}</span> <Now path={path} />
          </button>
        </li>
      ))}
    </ul>
  );
}

const Now = ({ path }: { readonly path: string }) => <Value live={useLiveTag(path)} />;
