// The way through one's own account, and out of it.
import { auth } from '../auth.js';
import { navigate, to } from '../router.js';
import { settings } from '../settings.js';
import { t } from '../text.js';
import { Button } from './button.js';
import { Outcome } from './outcome.js';
import { useCall } from './use-call.js';

const entries = [
  ['', 'nav.profile'],
  ['password', 'nav.password'],
  ['factors', 'nav.factors'],
  ...(settings.providers.length > 0 ? ([['connections', 'nav.connections']] as const) : []),
  ['devices', 'nav.devices'],
  ['activity', 'nav.activity'],
] as const;

const administration = [['admin', 'nav.admin']] as const;

interface Props {
  readonly page: string;
  readonly user: { readonly email: string; readonly role: string };
}

export function AccountNav({ page, user }: Props) {
  const leaving = useCall(async () => {
    await auth.signOut();
    navigate('sign-in', { replace: true });
  });
  return (
    <>
      <div class="person">
        <span class="address">{user.email}</span>
        <Button call={leaving} look="plain">
          {t('sign-out')}
        </Button>
      </div>
      <Outcome call={leaving} />
      <nav class="nav" aria-label={t('nav.label')}>
        <ul>
          {[...entries, ...(user.role === 'admin' ? administration : [])].map(([name, key]) => (
            <li key={name}>
              <a href={to(name)} aria-current={name === page ? 'page' : undefined}>
                {t(key)}
              </a>
            </li>
          ))}
        </ul>
      </nav>
    </>
  );
}
