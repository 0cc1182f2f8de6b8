// The pages of administrators, and the way between them.
import type { ComponentType } from 'preact';
import { NotFound } from '../pages/not-found.js';
import { to, usePlace } from '../router.js';
import { t } from '../text.js';
import { EventsPage } from './events-page.js';
import { FiguresPage } from './figures-page.js';
import { KeysPage } from './keys-page.js';
import { MailPage } from './mail-page.js';
import { ServicesPage } from './services-page.js';
import { UserPage } from './user-page.js';
import { UsersPage } from './users-page.js';

const entries = [
  ['', 'admin.nav.figures'],
  ['users', 'admin.nav.users'],
  ['events', 'admin.nav.events'],
  ['services', 'admin.nav.services'],
  ['keys', 'admin.nav.keys'],
  ['mail', 'admin.nav.mail'],
] as const;

const pages: Readonly<Record<string, ComponentType>> = {
  '': FiguresPage,
  users: UsersPage,
  events: () => <EventsPage />,
  services: ServicesPage,
  keys: KeysPage,
  mail: MailPage,
};

/** Of one user. */
const pagesOfOne: Readonly<Record<string, ComponentType<{ readonly userId: string }>>> = {
  users: UserPage,
  events: EventsPage,
};

export function AdminRooms() {
  const { behind } = usePlace();
  const [room = ''] = behind;
  return (
    <>
      <nav class="nav rooms" aria-label={t('admin.nav.label')}>
        <ul>
          {entries.map(([name, key]) => (
            <li key={name}>
              <a href={to(name === '' ? 'admin' : `admin/${name}`)} aria-current={name === room ? 'page' : undefined}>
                {t(key)}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <Content behind={behind} />
    </>
  );
}

function Content({ behind }: { readonly behind: readonly string[] }) {
  const [room = '', userId = '', ...more] = behind;
  if (more.length > 0) return <NotFound />;
  if (userId === '') {
    const Room = Object.hasOwn(pages, room) ? pages[room] : undefined;
    return Room ? <Room /> : <NotFound />;
  }
  const OfOne = Object.hasOwn(pagesOfOne, room) && /^[\da-f-]{36}$/.test(userId) ? pagesOfOne[room] : undefined;
  return OfOne ? <OfOne userId={userId} /> : <NotFound />;
}
