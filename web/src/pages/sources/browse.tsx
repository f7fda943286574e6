import { IxButton } from '@siemens/ix-react';
import { useMemo, useState } from 'react';
import type { Found } from '#contract/client.ts';
import { useMay } from '../../data/session.ts';
import { count } from '../../parts/format.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { hashOf } from '../../shell/route.ts';
import { AddTags } from './add-tags.tsx';
import { useBrowsing } from './browsing.ts';
import { FoundList, isFree, keyOf, placeText } from './found-list.tsx';

/** Looks into a device, and takes some of what is there into the site file. */
export function Browse({ id }: { readonly id: string }) {
  const { found, isSearching, error, begin, stop } = useBrowsing(id);
  const [chosen, setChosen] = useState<ReadonlyMap<string, Found>>(new Map());
  const [text, setText] = useState('');
  const [onlyFree, setOnlyFree] = useState(false);
  const [adds, setAdds] = useState(false);
  const isEngineer = useMay('engineer');
  const shown = useMemo(() => matching(found, text, onlyFree), [found, text, onlyFree]);
  const choose = (some: readonly Found[], isChosen: boolean) =>
    setChosen((before) => {
      const next = new Map(before);
      for (const one of some) isChosen ? next.set(keyOf(one), one) : next.delete(keyOf(one));
      return next;
    });
  if (!isEngineer) return <p className="page">Looking into devices needs the role of an engineer.</p>;
  return (
    <div className="page sources">
      <header>
        <p className="quiet">
          <a href={hashOf('sources')}>Sources and links</a> / <a href={hashOf('sources', id)}>{id}</a>
        </p>
        <h1>Browse {id}</h1>
      </header>
      <form
        className="browse-head"
        onSubmit={(event) => {
          event.preventDefault();
          void begin(String(new FormData(event.currentTarget).get('from')).trim());
        }}
      >
        <input
          name="from"
          className="ix-form-control"
          aria-label="Begin at"
          placeholder="Begin at: a node, unit or topic; all when empty"
        />
        {isSearching ? (
          // Another element: the click that began is not to stop as well.
          <IxButton key="stop" type="button" variant="secondary" onClick={stop}>
            Stop
          </IxButton>
        ) : (
          <IxButton key="begin" type="submit" variant={found.length === 0 ? 'primary' : 'secondary'}>
            {found.length === 0 ? 'Look into the device' : 'Look again'}
          </IxButton>
        )}
        <output className="quiet">
          {isSearching && 'looking … '}
          {(isSearching || found.length > 0) && summaryOf(found)}
        </output>
      </form>
      {error && <Refusal error={error} />}
      {found.length === 0 && !isSearching && !error && (
        <p className="quiet about-page">
          What the device offers is asked through the session that reads it: it bears one more question, and
          no second connection. What you choose is put into the site file, once you have seen the difference.
        </p>
      )}
      {found.length > 0 && (
        <>
          <div className="browse-head">
            <input
              type="search"
              className="ix-form-control"
              aria-label="Search in what was found"
              placeholder="Search name, place, description"
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
            <label className="check">
              <input
                type="checkbox"
                checked={onlyFree}
                onChange={(event) => setOnlyFree(event.target.checked)}
              />
              Only what no tag reads
            </label>
            <span className="browse-add">
              <output className="quiet">{count(chosen.size)} chosen</output>
              {chosen.size > 0 && (
                <IxButton variant="tertiary" onClick={() => setChosen(new Map())}>
                  Choose none
                </IxButton>
              )}
              <IxButton disabled={chosen.size === 0} onClick={() => setAdds(true)}>
                Add as tags …
              </IxButton>
            </span>
          </div>
          <FoundList found={shown} chosen={chosen} onChoose={choose} />
        </>
      )}
      {adds && (
        <AddTags
          source={id}
          chosen={[...chosen.values()]}
          onEnd={(isDone) => {
            setAdds(false);
            if (isDone) setChosen(new Map());
          }}
        />
      )}
    </div>
  );
}

function summaryOf(found: readonly Found[]): string {
  const read = found.filter((one) => !isFree(one)).length;
  return `${count(found.length)} found, ${count(read)} read by tags already`;
}

function matching(found: readonly Found[], text: string, onlyFree: boolean): readonly Found[] {
  const wanted = text.trim().toLowerCase();
  return found.filter(
    (one) =>
      !(onlyFree && !isFree(one)) &&
      (wanted === '' ||
        placeText(one).toLowerCase().includes(wanted) ||
        (one.description?.toLowerCase().includes(wanted) ?? false)),
  );
}
