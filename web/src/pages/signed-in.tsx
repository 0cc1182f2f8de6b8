// The pages of a person who is signed in, by their names.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Page } from '../components/page.js';
import { own } from '../requests.js';
import { moment, t } from '../text.js';

interface Me {
  readonly authenticatedAt: string;
}

function Profile() {
  const [me, setMe] = useState<Me>();
  useEffect(() => void own('GET', '/auth/me').then(async (answer) => setMe((await answer.json()) as Me)), []);
  return <Page title={t('nav.profile')} intro={me && moment(me.authenticatedAt)} />;
}

export const signedInPages: Readonly<Record<string, ComponentType>> = { '': Profile };
