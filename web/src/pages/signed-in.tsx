// The pages of a person who is signed in, by their names.
import type { ComponentType } from 'preact';
import { Page } from '../components/page.js';
import { t } from '../text.js';

const Profile = () => <Page title={t('nav.profile')} />;

export const signedInPages: Readonly<Record<string, ComponentType>> = { '': Profile };
