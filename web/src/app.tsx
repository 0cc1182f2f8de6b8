// Shows the page of the present address.
import type { ComponentType } from 'preact';
import { useLanguage } from './language.js';
import { isPurpose } from './mailed-token.js';
import { usePlace, type Place } from './router.js';
import { Shell } from './components/shell.js';
import { CheckMail } from './pages/check-mail.js';
import { DeletedPage } from './pages/delete.js';
import { Enrol } from './pages/enrol.js';
import { FactorPage } from './pages/factor.js';
import { Forgot } from './pages/forgot.js';
import { Mailed } from './pages/mailed.js';
import { NotFound } from './pages/not-found.js';
import { OwnPage } from './pages/own-page.js';
import { Register } from './pages/register.js';
import { SignIn } from './pages/sign-in.js';
import { signedInPages } from './pages/signed-in.js';

const signedOutPages: Readonly<Record<string, ComponentType<{ place: Place }>>> = {
  'sign-in': SignIn,
  register: Register,
  'check-mail': CheckMail,
  forgot: Forgot,
  factor: FactorPage,
  enrol: Enrol,
};

export function App() {
  const place = usePlace();
  useLanguage();
  const isOwn = Object.hasOwn(signedInPages, place.page);
  return (
    <Shell page={place.page} isOwn={isOwn}>
      <Content key={place.visit} place={place} />
    </Shell>
  );
}

function Content({ place }: { readonly place: Place }) {
  const { page } = place;
  if (isPurpose(page)) return <Mailed purpose={page} />;
  if (page === 'delete' && place.state['deleted'] !== undefined) return <DeletedPage />;
  const Own = Object.hasOwn(signedInPages, page) ? signedInPages[page] : undefined;
  if (Own) return <OwnPage content={Own} />;
  const Page = Object.hasOwn(signedOutPages, page) ? signedOutPages[page] : undefined;
  return Page ? <Page place={place} /> : <NotFound />;
}
