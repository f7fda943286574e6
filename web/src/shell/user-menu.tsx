import { iconMoon, iconSun, iconUser } from '@siemens/ix-icons/icons';
import { IxIcon, IxIconButton } from '@siemens/ix-react';
import { useState } from 'react';
import { api } from '../data/api.ts';
import { signedOut, useMe } from '../data/session.ts';
import { MenuButton } from '../parts/menu-button.tsx';
import { ChangePassword } from './change-password.tsx';
import { askForShortcuts } from './shortcuts.tsx';
import type { Theme } from './theme.ts';

/** Who is signed in, and what he does about himself. */
export function UserMenu({
  theme,
  onTheme,
}: {
  readonly theme: Theme;
  readonly onTheme: (next: Theme) => void;
}) {
  const { name, role, areas } = useMe();
  const [asks, setAsks] = useState(false);
  const other = theme === 'light' ? 'dark' : 'light';
  const where = areas ? `, ${areas.join(', ')}` : '';
  return (
    <div className="user-menu">
      <IxIconButton
        variant="subtle-tertiary"
        icon={theme === 'light' ? iconMoon : iconSun}
        aria-label={`Show ${other} colours`}
        onClick={() => onTheme(other)}
      />
      <MenuButton
        label={`${name}, ${role}${where}`}
        about={`${role}${where}`}
        acts={[
          ['Change password …', () => setAsks(true)],
          ['Keyboard …', askForShortcuts],
          ['Sign out', () => void signOut()],
        ]}
      >
        <IxIcon name={iconUser} aria-hidden="true" />
        {name}
      </MenuButton>
      {asks && <ChangePassword onEnd={() => setAsks(false)} />}
    </div>
  );
}

/** Whatever the site answers: who wants to be gone is not shown anything any more. */
async function signOut(): Promise<void> {
  try {
    await api.signOut();
  } finally {
    signedOut();
  }
}
