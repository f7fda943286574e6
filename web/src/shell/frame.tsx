import { IxApplication, IxApplicationHeader, IxMenu, IxMenuItem } from '@siemens/ix-react';
import { useEffect, useState } from 'react';
import { session } from '../data/session.ts';
import { useStore } from '../data/store.ts';
import { useConsole } from './console.ts';
import { CurrentPage } from './current-page.tsx';
import { usePages } from './pages.ts';
import { go, hashOf, usePlace } from './route.ts';
import { Shortcuts } from './shortcuts.tsx';
import { rememberedTheme, rememberTheme, type Theme } from './theme.ts';
import { UserMenu } from './user-menu.tsx';

/** What stands around every page: site, state, alarms, navigation, who is signed in. */
export function Frame() {
  const { of, useName, State, Banner } = useConsole();
  const pages = usePages();
  const { page: here } = usePlace();
  const [theme, setTheme] = useState<Theme>(rememberedTheme);
  const isAsked = useStore(session).state === 'ended';
  const name = useName() ?? '';
  const title = pages.find(({ id }) => id === here)?.title ?? 'Not found';
  useEffect(() => {
    document.title = name === '' ? 'Holdfast' : `${title} – ${name}`;
  }, [title, name]);
  return (
    <div className="frame" inert={isAsked}>
      <button type="button" className="skip" onClick={toContent}>
        Skip to the page
      </button>
      <IxApplication>
        <IxApplicationHeader
          name={name === '' ? 'Holdfast' : name}
          nameSuffix={name === '' ? '' : 'Holdfast'}
          ariaLabelMoreMenuIconButton={`State of the ${of}`}
        >
          <State />
          <UserMenu
            theme={theme}
            onTheme={(next) => {
              rememberTheme(next);
              setTheme(next);
            }}
          />
        </IxApplicationHeader>
        <IxMenu i18nAriaLabelMenu="Pages" startExpanded>
          {pages.map(({ id, title, icon }) => (
            <IxMenuItem
              key={id}
              icon={icon}
              label={title}
              active={id === here}
              onClick={() => go(hashOf(id))}
            />
          ))}
        </IxMenu>
        <div className="area">
          {Banner && <Banner />}
          <main id="content" className="content" tabIndex={-1}>
            <CurrentPage />
          </main>
        </div>
      </IxApplication>
      <Shortcuts />
    </div>
  );
}

/** No link: the address behind `#` says where one is. */
function toContent(): void {
  document.getElementById('content')?.focus();
}
