import { type InputHTMLAttributes, useEffect, useState } from 'react';

/** A search begins when somebody pauses, not with each letter. */
const PAUSE_MS = 400;

/** A text that says what is looked for, with its label above it. */
export function FindField({
  label,
  value,
  onText,
  ...input
}: Omit<InputHTMLAttributes<HTMLInputElement>, 'value'> & {
  readonly label: string;
  readonly value: string;
  readonly onText: (text: string) => void;
}) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is typed begins the pause
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onText(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
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
