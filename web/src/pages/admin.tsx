// The door to the pages of administrators, which are loaded for nobody else. The service judges every request itself.
import type { ComponentType } from 'preact';
import { auth } from '../auth.js';
import { Loading } from '../account/loading.js';
import { useLoaded } from '../account/use-loaded.js';
import { Page } from '../components/page.js';
import { loadAdministratorsTexts } from '../language.js';
import { t } from '../text.js';
import { NotFound } from './not-found.js';

export function AdminPage() {
  return auth.user?.role === 'admin' ? <Rooms /> : <NotFound />;
}

let rooms: ComponentType | undefined;

function Rooms() {
  const { data, call } = useLoaded(async () => {
    const [{ AdminRooms }] = await Promise.all([import('../admin/rooms.js'), loadAdministratorsTexts()]);
    rooms = AdminRooms;
    return true;
  });
  const Shown = rooms;
  if (Shown) return <Shown />;
  return <Page title={t('nav.admin')}>{data === undefined && <Loading call={call} />}</Page>;
}
