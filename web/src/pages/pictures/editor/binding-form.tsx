import { IxButton } from '@siemens/ix-react';
import { type ReactNode, useId } from 'react';
import type { AlarmStatus, TagDetail } from '#contract/client.ts';
import { COLOUR_ROLES } from '#contract/colour-roles.ts';
import { api } from '../../../data/api.ts';
import { usePolled } from '../../../data/poll.ts';
import { ALARMS } from '../../../data/site.ts';
import type { Binding, Range } from '../drawing/shown.ts';
import type { Element } from './elements.ts';
import { TagPicker } from './tag-picker.tsx';

const EVERY_MS = 30_000;

interface Props {
  readonly element: Element;
  readonly binding: Binding | undefined;
  /** undefined takes it away. */
  readonly onChange: (binding: Binding | undefined) => void;
}

/** What one element shows. */
export function BindingForm({ element, binding = {}, onChange }: Props) {
  const { data: alarms = [] } = usePolled(`${ALARMS} all`, (signal) => api.alarms({}, signal), EVERY_MS);
  const change = (part: { readonly [name in keyof Binding]?: Binding[name] | undefined }) => {
    const next = Object.fromEntries(
      Object.entries({ ...binding, ...part }).filter(([, one]) => one !== undefined),
    );
    onChange(Object.keys(next).length === 0 ? undefined : (next as Binding));
  };
  const pick = async (path: string) => {
    const known = await api.tag(path).catch(() => undefined);
    change({ tag: path, ...(!showsTag(binding) && known && firstFor(element, known)) });
  };
  return (
    <section className="card form" aria-label={`What ${element.id} shows`}>
      <div className="card-head">
        <h2>
          <code>{element.id}</code> <span className="quiet">{element.kind}</span>
        </h2>
        <IxButton
          variant="tertiary"
          onClick={() => onChange(undefined)}
          disabled={Object.keys(binding).length === 0}
        >
          Take away
        </IxButton>
      </div>
      <TagPicker tag={binding.tag} onPick={(path) => void pick(path)} />
      {binding.tag !== undefined && (
        <OfTag key={binding.tag} path={binding.tag} element={element} binding={binding} change={change} />
      )}
      <Choice
        label="Marked by alarms of"
        value={binding.alarm}
        about="Id of an alarm, or an asset."
        among={namesOf(alarms)}
        onChange={(alarm) => change({ alarm })}
      />
      <Choice
        label="Opens the faceplate of"
        value={binding.click}
        about="A tag or an asset; the tag above when nothing is said."
        among={[binding.tag, binding.tag?.split('/').slice(0, -1).join('/')].filter(
          (one) => one !== undefined,
        )}
        onChange={(click) => change({ click })}
      />
    </section>
  );
}

const namesOf = (alarms: readonly AlarmStatus[]): readonly string[] =>
  [...new Set(alarms.flatMap(({ id, asset }) => (asset === '' ? [id] : [id, asset])))].toSorted();

const showsTag = ({ value, fill, level, rotation, visible }: Binding): boolean =>
  [value, fill, level, rotation, visible].some((one) => one !== undefined);

/** What an element of this kind most likely shows of a tag like this. */
function firstFor({ kind }: Element, tag: TagDetail): Partial<Binding> {
  if (kind === 'text' || kind === 'tspan') return { value: { decimals: 1, unit: true } };
  if (statesOf(tag).length > 0) return { fill: fillFor(tag) };
  return kind === 'rect' ? { level: { from: 'bottom' } } : { rotation: { degrees: [0, 90] } };
}

const statesOf = ({ type, states }: TagDetail): readonly string[] =>
  type === 'boolean' ? ['true', 'false'] : type === 'enum' ? Object.values(states ?? {}) : [];

const fillFor = (tag: TagDetail): NonNullable<Binding['fill']> => ({
  states: Object.fromEntries(
    statesOf(tag).map((state) => [state, state === 'true' || state === 'running' ? 'active' : 'inactive']),
  ),
  otherwise: 'inactive',
});

interface PartProps {
  readonly element: Element;
  readonly binding: Binding;
  readonly change: (part: { readonly [name in keyof Binding]?: Binding[name] | undefined }) => void;
}

/** The parts that show the tag; those that fit the element and the tag. */
function OfTag({ path, element: { kind }, binding, change }: PartProps & { readonly path: string }) {
  const { data: tag } = usePolled(`tag ${path}`, (signal) => api.tag(path, signal), EVERY_MS);
  const { value, fill, level, rotation, visible } = binding;
  const states = tag ? statesOf(tag) : [];
  const isNumber = tag?.type === 'number';
  return (
    <>
      {(kind === 'text' || kind === 'tspan') && (
        <Part
          name="Value as text"
          isOn={value !== undefined}
          onOn={(on) => change({ value: on ? { decimals: 1, unit: true } : undefined })}
        >
          {value && (
            <div className="edit-row">
              <Amount
                label="Decimals"
                value={value.decimals}
                onChange={(decimals) =>
                  change({ value: { ...value, decimals: Math.min(6, Math.max(0, Math.round(decimals))) } })
                }
              />
              <label className="check">
                <input
                  type="checkbox"
                  checked={value.unit}
                  onChange={(event) => change({ value: { ...value, unit: event.target.checked } })}
                />
                with its unit
              </label>
            </div>
          )}
        </Part>
      )}
      {kind === 'rect' && isNumber && (
        <Part
          name="Level"
          isOn={level !== undefined}
          onOn={(on) => change({ level: on ? { from: 'bottom' } : undefined })}
        >
          {level && (
            <>
              <label className="edit-row">
                Filled from
                <select
                  value={level.from}
                  onChange={(event) => change({ level: { ...level, from: event.target.value as 'bottom' } })}
                >
                  {['bottom', 'top', 'left', 'right'].map((from) => (
                    <option key={from}>{from}</option>
                  ))}
                </select>
              </label>
              <Ends
                names={['Empty at', 'Full at']}
                value={level.range ?? tag.range}
                onChange={(range) => change({ level: { ...level, range } })}
              />
            </>
          )}
        </Part>
      )}
      {isNumber && kind !== 'text' && (
        <Part
          name="Rotation"
          isOn={rotation !== undefined}
          onOn={(on) => change({ rotation: on ? { degrees: [0, 90] } : undefined })}
        >
          {rotation && (
            <>
              <Ends
                names={['From value', 'to value']}
                value={rotation.range ?? tag.range}
                onChange={(range) => change({ rotation: { ...rotation, range } })}
              />
              <Ends
                names={['From degrees', 'to degrees']}
                value={rotation.degrees}
                onChange={(degrees) => change({ rotation: { ...rotation, degrees } })}
              />
            </>
          )}
        </Part>
      )}
      {tag && states.length > 0 && (
        <Part
          name="Colour by state"
          isOn={fill !== undefined}
          onOn={(on) => change({ fill: on ? fillFor(tag) : undefined })}
        >
          {fill &&
            states.map((state) => (
              <div key={state} className="edit-row">
                {state}
                <Colour
                  label={`Colour when ${state}`}
                  value={fill.states[state] ?? fill.otherwise}
                  onChange={(colour) =>
                    change({ fill: { ...fill, states: { ...fill.states, [state]: colour } } })
                  }
                />
              </div>
            ))}
        </Part>
      )}
      {states.length > 0 && (
        <Part
          name="There only in some states"
          isOn={visible !== undefined}
          onOn={(on) => change({ visible: on ? { states: states.slice(0, 1) } : undefined })}
        >
          {visible &&
            states.map((state) => (
              <label key={state} className="check">
                <input
                  type="checkbox"
                  checked={visible.states.includes(state)}
                  // Of no state at all it would never be there: the last one stays.
                  disabled={visible.states.length === 1 && visible.states[0] === state}
                  onChange={(event) => {
                    const others = visible.states.filter((one) => one !== state);
                    change({ visible: { states: event.target.checked ? [...others, state] : others } });
                  }}
                />
                {state}
              </label>
            ))}
        </Part>
      )}
    </>
  );
}

function Part({
  name,
  isOn,
  onOn,
  children,
}: {
  readonly name: string;
  readonly isOn: boolean;
  readonly onOn: (isOn: boolean) => void;
  readonly children: ReactNode;
}) {
  return (
    <div className="edit-part">
      <label className="check">
        <input type="checkbox" checked={isOn} onChange={(event) => onOn(event.target.checked)} />
        {name}
      </label>
      {children}
    </div>
  );
}

function Amount({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: number;
  readonly onChange: (value: number) => void;
}) {
  return (
    <label className="check">
      {label}
      <input
        type="number"
        step="any"
        defaultValue={value}
        onChange={({ target: { valueAsNumber } }) =>
          Number.isFinite(valueAsNumber) && onChange(valueAsNumber)
        }
      />
    </label>
  );
}

function Ends({
  names: [low, high],
  value = [0, 100],
  onChange,
}: {
  readonly names: readonly [string, string];
  readonly value: Range | undefined;
  readonly onChange: (value: Range) => void;
}) {
  return (
    <div className="edit-row">
      <Amount label={low} value={value[0]} onChange={(one) => onChange([one, value[1]])} />
      <Amount label={high} value={value[1]} onChange={(one) => onChange([value[0], one])} />
    </div>
  );
}

/** Roles, which fit day and night; a colour of its own that a site file names stays. */
function Colour({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (colour: string) => void;
}) {
  const all: readonly string[] = COLOUR_ROLES;
  return (
    <select aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
      {(all.includes(value) ? all : [...all, value]).map((role) => (
        <option key={role}>{role}</option>
      ))}
    </select>
  );
}

function Choice({
  label,
  value = '',
  about,
  among,
  onChange,
}: {
  readonly label: string;
  readonly value: string | undefined;
  readonly about: string;
  readonly among: readonly string[];
  readonly onChange: (value: string | undefined) => void;
}) {
  const id = useId();
  return (
    <div className="field">
      <label className="ix-form-label" htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        className="ix-form-control"
        list={`${id}-list`}
        value={value}
        aria-describedby={`${id}-about`}
        onChange={({ target }) => onChange(target.value === '' ? undefined : target.value)}
      />
      <datalist id={`${id}-list`}>
        {among.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      <p id={`${id}-about`} className="about">
        {about}
      </p>
    </div>
  );
}
