import { iconCalendar } from '@siemens/ix-icons/icons';
import { IxIcon } from '@siemens/ix-react';
import { type InputHTMLAttributes, useRef } from 'react';
import { Zone } from './trend/zone.ts';

/** Only turns what is written into what the calendar takes and back: no time passes from zone to zone here. */
const PLAIN = new Zone('UTC');

/**
 * A date and a time as the whole console writes them, whatever the browser speaks: its own field says 11/12 to one and 12/11
 * to another. What it has of use, its calendar, opens from the button; with the keyboard one writes.
 */
export function TimeInput({
  value,
  onText,
  ...input
}: Omit<InputHTMLAttributes<HTMLInputElement>, 'value' | 'onChange'> & {
  readonly value: string;
  readonly onText: (text: string) => void;
}) {
  const calendar = useRef<HTMLInputElement>(null);
  const time = PLAIN.timeOf(value);
  return (
    <span className="time-input">
      <input
        type="text"
        className="ix-form-control"
        placeholder="YYYY-MM-DD hh:mm"
        title="Year, month, day and time, such as 2026-11-28 14:03"
        autoComplete="off"
        spellCheck={false}
        {...input}
        value={value}
        onChange={(event) => onText(event.target.value)}
      />
      <button type="button" tabIndex={-1} aria-hidden="true" onClick={() => calendar.current?.showPicker()}>
        <IxIcon name={iconCalendar} size="16" />
      </button>
      <input
        ref={calendar}
        type="datetime-local"
        step={1}
        tabIndex={-1}
        aria-hidden="true"
        value={Number.isNaN(time) ? '' : PLAIN.text(time).replace(' ', 'T')}
        onChange={(event) => onText(event.target.value.replace('T', ' '))}
      />
    </span>
  );
}
