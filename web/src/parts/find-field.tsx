import { type InputHTMLAttributes, useEffect, useId, useState } from 'react';
import { TimeInput } from './time-input.tsx';
import { Zone } from './trend/zone.ts';

/** A search begins when somebody pauses, not with each letter. */
const PAUSE_MS = 400;

interface Find {
  readonly label: string;
  readonly value: string;
  readonly onText: (text: string) => void;
}

/** What stands in the field, told once somebody pauses. @param isWhole what is not is typed on */
function usePaused(
  { value, onText }: Find,
  isWhole: (text: string) => boolean = () => true,
): [string, (text: string) => void] {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is typed begins the pause
  useEffect(() => {
    if (text === value || !isWhole(text)) return;
    const timer = setTimeout(() => onText(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return [text, setText];
}

/** A text that says what is looked for, with its label above it. */
export function FindField({
  label,
  value,
  onText,
  ...input
}: Omit<InputHTMLAttributes<HTMLInputElement>, 'value'> & Find) {
  const [text, setText] = usePaused({ label, value, onText });
  return (
    <label className="find-field">
      <span className="quiet">{label}</span>
      <input
        className="ix-form-control"
        value={text}
        onChange={(event) => setText(event.target.value)}
        {...input}
      />
    </label>
  );
}

const PLAIN = new Zone('UTC');
const isTimeOrNone = (text: string): boolean => text.trim() === '' || !Number.isNaN(PLAIN.timeOf(text));

/** From when or until when is looked; nothing written is no limit. */
export function FindTime(find: Find) {
  const id = useId();
  const [text, setText] = usePaused(find, isTimeOrNone);
  return (
    <div className="find-field">
      <label className="quiet" htmlFor={id}>
        {find.label}
      </label>
      <TimeInput id={id} value={text} aria-invalid={!isTimeOrNone(text)} onText={setText} />
    </div>
  );
}
