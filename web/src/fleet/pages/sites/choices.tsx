import { count } from '../../../parts/format.ts';
import { type Count, isThere, sitesWhere } from '../../data/states.ts';
import { identityText, stateText } from '../../parts/state-mark.tsx';
import { type Asked, IDENTITIES, STATES } from './asked.ts';

/** States to choose from, each with how many sites are so. */
export function Choices({
  asked,
  counts,
  onAsk,
}: {
  readonly asked: Asked;
  readonly counts: readonly Count[];
  readonly onAsk: (change: Partial<Asked>) => void;
}) {
  return (
    <>
      <Several
        legend="State"
        all={STATES}
        chosen={asked.states}
        text={stateText}
        many={(state) => sitesWhere(counts, (one) => isThere(one) && one.state === state)}
        onChoose={(states) => onAsk({ states })}
      />
      <Several
        legend="Identity"
        all={IDENTITIES}
        chosen={asked.identities}
        text={identityText}
        many={(identity) => sitesWhere(counts, (one) => one.identity === identity)}
        onChoose={(identities) => onAsk({ identities })}
      />
    </>
  );
}

/** Any of several, or none, which asks for all. */
function Several<T extends string>({
  legend,
  all,
  chosen,
  text,
  many,
  onChoose,
}: {
  readonly legend: string;
  readonly all: readonly T[];
  readonly chosen: readonly T[];
  readonly text: (one: T) => string;
  readonly many: (one: T) => number;
  readonly onChoose: (chosen: readonly T[]) => void;
}) {
  return (
    <fieldset className="range choices">
      <legend className="quiet">{legend}</legend>
      {all.map((one) => {
        const isChosen = chosen.includes(one);
        return (
          <button
            key={one}
            type="button"
            aria-pressed={isChosen}
            onClick={() => onChoose(isChosen ? chosen.filter((other) => other !== one) : [...chosen, one])}
          >
            {text(one)} <span className="quiet">{count(many(one))}</span>
          </button>
        );
      })}
    </fieldset>
  );
}
