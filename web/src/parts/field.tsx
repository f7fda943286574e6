import { type InputHTMLAttributes, type ReactNode, useId } from 'react';

/** A text field with its label above it, and what one must know below. */
export function Field({
  label,
  children,
  ...input
}: InputHTMLAttributes<HTMLInputElement> & { readonly label: string; readonly children?: ReactNode }) {
  const id = useId();
  return (
    <div className="field">
      <label className="ix-form-label" htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        className="ix-form-control"
        type="text"
        required
        aria-describedby={children ? `${id}-about` : undefined}
        {...input}
      />
      {children && (
        <p id={`${id}-about`} className="about">
          {children}
        </p>
      )}
    </div>
  );
}
