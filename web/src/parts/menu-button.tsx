import { type ReactNode, useEffect, useRef, useState } from 'react';

/** Between the button and its list, px. */
const GAP = 4;

interface Place {
  readonly top: number;
  readonly right: number;
}

/**
 * A button that opens a short list of things to do; Escape and a click elsewhere close it. The list stands at a place of the
 * window: the header cuts off what hangs out of it.
 */
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
  const [place, setPlace] = useState<Place>();
  const isOpen = place !== undefined;
  const close = () => setPlace(undefined);
  const menu = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const elsewhere = (event: Event) => {
      if (!event.composedPath().includes(menu.current as EventTarget)) setPlace(undefined);
    };
    const moved = () => setPlace(undefined);
    addEventListener('pointerdown', elsewhere);
    addEventListener('focusin', elsewhere);
    addEventListener('resize', moved);
    addEventListener('scroll', moved, true);
    return () => {
      removeEventListener('pointerdown', elsewhere);
      removeEventListener('focusin', elsewhere);
      removeEventListener('resize', moved);
      removeEventListener('scroll', moved, true);
    };
  }, [isOpen]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes what its children opened
    <div
      ref={menu}
      className="menu"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isOpen) return;
        close();
        button.current?.focus();
      }}
    >
      <button
        ref={button}
        type="button"
        className="menu-button"
        aria-label={label}
        aria-expanded={isOpen}
        onClick={() => setPlace(isOpen ? undefined : placeBelow(button.current))}
      >
        {children}
      </button>
      {isOpen && (
        <div className="menu-list" style={place}>
          <p className="menu-about">{about}</p>
          {acts.map(([name, act]) => (
            <button
              key={name}
              type="button"
              onClick={() => {
                close();
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

function placeBelow(button: HTMLElement | null): Place | undefined {
  const box = button?.getBoundingClientRect();
  return box && { top: box.bottom + GAP, right: document.documentElement.clientWidth - box.right };
}
