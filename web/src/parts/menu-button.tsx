import { type ReactNode, useEffect, useRef, useState } from 'react';

/** A button that opens a short list of things to do; Escape and a click elsewhere close it. */
export function MenuButton({
  label,
  about,
  acts,
  children,
}: {
  readonly label: string;
  readonly about: ReactNode;
  readonly acts: readonly (readonly [name: string, act: () => void])[];
  readonly children: ReactNode;
}) {
  const [isOpen, setOpen] = useState(false);
  const menu = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const elsewhere = (event: Event) => {
      if (!event.composedPath().includes(menu.current as EventTarget)) setOpen(false);
    };
    addEventListener('pointerdown', elsewhere);
    addEventListener('focusin', elsewhere);
    return () => {
      removeEventListener('pointerdown', elsewhere);
      removeEventListener('focusin', elsewhere);
    };
  }, [isOpen]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes what its children opened
    <div
      ref={menu}
      className="menu"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isOpen) return;
        setOpen(false);
        button.current?.focus();
      }}
    >
      <button
        ref={button}
        type="button"
        className="menu-button"
        aria-label={label}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {children}
      </button>
      {isOpen && (
        <div className="menu-list">
          <p className="menu-about">{about}</p>
          {acts.map(([name, act]) => (
            <button
              key={name}
              type="button"
              onClick={() => {
                setOpen(false);
                button.current?.focus(); // a dialog gives the focus back to what stays
                act();
              }}
            >
              {name}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
